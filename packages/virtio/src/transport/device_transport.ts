import type { WaitOptions } from "@openamp/libmetal";

import type { BrokenQueue } from "../ring/broken_queue.ts";
import type { DeviceVirtqueue } from "../ring/virtqueue.ts";

/** How a device reaches its driver: the other end of a `VirtioDriverTransport`. */
export interface VirtioDeviceTransport {
  /** The device's type (`VirtioDeviceId`). */
  readonly deviceId: number;
  /** The device's name, for messages. */
  readonly name: string;
  /** How many queues the device has. */
  readonly queueCount: number;

  /**
   * Waits until the driver has set DRIVER_OK. Nothing that the driver wrote is read before.
   *
   * @param options How long; default 5000 ms.
   * @returns The features that the driver accepted.
   * @throws {VirtioError} `TIMEOUT` or `ABORTED`.
   */
  waitForDriver(options?: WaitOptions): Promise<bigint>;
  /**
   * Whether the driver has taken the device back: status 0, or NEEDS_RESET set by it as C hosts do.
   */
  isReset(): boolean;
  /**
   * Opens a queue that the driver made.
   *
   * @param index The queue's number, 0 to `queueCount - 1`.
   * @param onBroken Called once, when the driver breaks the queue.
   * @returns The device's side of it.
   * @throws {VirtioError} What a ring that cannot be used throws (T19 to T21).
   */
  openQueue(index: number, onBroken?: (broken: BrokenQueue) => void): DeviceVirtqueue;
  /**
   * Tells the driver that a queue has used buffers.
   *
   * @param queue The queue's number.
   */
  notify(queue: number): void;
  /**
   * Calls back when the driver rings.
   *
   * @param callback Gets the queue's number, or undefined: look at every queue.
   * @returns Ends the calls.
   */
  listen(callback: (queue: number | undefined) => void): Disposable;
}
