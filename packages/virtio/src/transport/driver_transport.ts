import type { BrokenQueue } from "../ring/broken_queue.ts";
import type { DriverVirtqueue } from "../ring/virtqueue.ts";

/**
 * How a driver reaches its device. Upstream: `virtio_dispatch`.
 *
 * Set-up returns promises, since registers may lie behind a socket; `notify` and everything on a
 * queue is synchronous.
 */
export interface VirtioDriverTransport {
  /** The device's type (`VirtioDeviceId`). */
  readonly deviceId: number;
  /** The device's name, for messages: `virtio0`. */
  readonly name: string;
  /** How many queues the device has. */
  readonly queueCount: number;
  /** Bytes of the device's configuration space. */
  readonly configLength: number;

  /** Reads the device status (VirtIO 1.3 §2.1). */
  getStatus(): Promise<number>;
  /**
   * Writes the device status; 0 resets the device.
   *
   * @param status The status bits.
   */
  setStatus(status: number): Promise<void>;
  /** Reads the features that the device offers (§2.2). */
  getFeatures(): Promise<bigint>;
  /**
   * Accepts features.
   *
   * @param features A subset of what the device offers.
   */
  setFeatures(features: bigint): Promise<void>;
  /**
   * Makes a queue, zeroed and empty, and tells the device where it is.
   *
   * @param index The queue's number, 0 to `queueCount - 1`.
   * @param onBroken Called once, when the device breaks the queue.
   * @returns The driver's side of it.
   * @throws {VirtioError} `QUEUE_INDEX`, or what a ring that cannot be set up throws.
   */
  createQueue(index: number, onBroken?: (broken: BrokenQueue) => void): Promise<DriverVirtqueue>;
  /**
   * Reads the configuration space (§2.5).
   *
   * @param offset Bytes from its start.
   * @param target Where the bytes go; all of it is filled.
   */
  readConfig(offset: number, target: Uint8Array): Promise<void>;
  /**
   * Tells the device that a queue has new buffers.
   *
   * @param queue The queue's number.
   */
  notify(queue: number): void;
  /**
   * Calls back when the device rings.
   *
   * @param callback Gets the queue's number, or undefined: look at every queue.
   * @returns Ends the calls.
   */
  listen(callback: (queue: number | undefined) => void): Disposable;
}
