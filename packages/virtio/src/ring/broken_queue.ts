/**
 * What a peer did that no correct peer does. The numbers are those of `docs/threats.md`.
 *
 * | fault | what was seen | attack |
 * | --- | --- | --- |
 * | `AVAILABLE_INDEX` | the available index ran ahead of what the queue can hold | T03, T04 |
 * | `HEAD_RANGE` | a head in the available ring that is no descriptor | T02, T22 |
 * | `HEAD_IN_FLIGHT` | a head that was made available twice | T04 |
 * | `NEXT_RANGE` | a chain that goes on at no descriptor | T02 |
 * | `CHAIN_LOOP` | a chain of more descriptors than the driver has left | T01, T04 |
 * | `CHAIN_LENGTH` | a chain of more than 2^32 - 1 bytes | T14 |
 * | `CHAIN_EMPTY` | a chain without a byte | T13 |
 * | `CHAIN_ORDER` | a readable buffer after a writable one | T16 |
 * | `DESCRIPTOR_FLAGS` | a flag that was not negotiated | T15, T16 |
 * | `ADDRESS` | a buffer outside the memory that the peer may name | T12 |
 * | `USED_INDEX` | the used index ran ahead of what was posted | T03 |
 * | `USED_ID_RANGE` | a used id that is no descriptor | T05, T22 |
 * | `USED_ID` | a used id that is no head in flight | T06 |
 */
export type QueueFault =
  | "AVAILABLE_INDEX"
  | "HEAD_RANGE"
  | "HEAD_IN_FLIGHT"
  | "NEXT_RANGE"
  | "CHAIN_LOOP"
  | "CHAIN_LENGTH"
  | "CHAIN_EMPTY"
  | "CHAIN_ORDER"
  | "DESCRIPTOR_FLAGS"
  | "ADDRESS"
  | "USED_INDEX"
  | "USED_ID_RANGE"
  | "USED_ID";

/** A queue that its peer broke. It stays broken until the device is reset. */
export interface BrokenQueue {
  /** The queue's number. */
  readonly queue: number;
  /** What the peer did. */
  readonly fault: QueueFault;
  /** The same for a person, with the values that were read. */
  readonly message: string;
}
