/**
 * What went wrong, as a closed list.
 *
 * | code | meaning | upstream's number |
 * | --- | --- | --- |
 * | `RING_SIZE` | a queue size that is no power of two from 1 to 32768 | VRING_MAX_DESC -3005 |
 * | `RING_ALIGN` | an alignment or an address that the format forbids | VRING_ALIGN -3006 |
 * | `RING_OUTSIDE` | a ring that does not lie in one window of the peer's memory | NO_MEM -3004 |
 * | `RING_OVERLAP` | the parts of a ring share bytes | VRING_ALIGN -3006 |
 * | `QUEUE_INDEX` | a device has no queue of that number | INVLD_PARAM -3008 |
 * | `DESCRIPTOR` | a head that is not ours to complete, or a chain that no queue can hold | INVLD_DESC_IDX -3002 |
 * | `DEVICE_STATE` | a call in the wrong order of the handshake | - |
 * | `DEVICE_TYPE` | the device is of another type | - |
 * | `TIMEOUT` | the other side did not answer within the limit | - |
 * | `ABORTED` | the caller's signal aborted | - |
 */
export type VirtioErrorCode =
  | "RING_SIZE"
  | "RING_ALIGN"
  | "RING_OUTSIDE"
  | "RING_OVERLAP"
  | "QUEUE_INDEX"
  | "DESCRIPTOR"
  | "DEVICE_STATE"
  | "DEVICE_TYPE"
  | "TIMEOUT"
  | "ABORTED";

/**
 * The error of this package: a mistake of the caller, or a device that cannot be set up.
 *
 * What a peer does wrong later is not thrown: the queue is then `broken`, with one event.
 */
export class VirtioError extends Error {
  override readonly name: string = "VirtioError";
  /** What went wrong. */
  readonly code: VirtioErrorCode;

  /**
   * @param code What went wrong.
   * @param message What was attempted, on what, and which limit it broke.
   * @param options The cause, where another error led to this one.
   */
  constructor(code: VirtioErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
