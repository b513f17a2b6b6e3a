import type { AddressSpace, Doorbell, SharedWords } from "@openamp/libmetal";

import type { VdevEntry } from "../resource/entry.ts";

/** A virtio device of a live resource table: where it is, and how its peer is reached. */
export interface VdevPlace {
  /** The device's name, for messages: `virtio0`. */
  readonly name: string;
  /** The memory of the table. */
  readonly words: SharedWords;
  /** Where in that memory the table starts: a multiple of 4. */
  readonly table: number;
  /** The entry as it was read and checked. */
  readonly entry: VdevEntry;
  /** The memories that the table may name: the rings lie there. */
  readonly da: AddressSpace;
  /** The line to the peer. */
  readonly doorbell: Doorbell;
}

/**
 * Translates notify ids into queues. An id is a hint: one that is absent, the device's own or
 * nobody's says "look at every queue".
 *
 * @param doorbell The line to the peer.
 * @param ids The notify id of each queue.
 * @param callback Gets the queue, or undefined.
 * @returns Ends the calls.
 */
export function listenToQueues(
  doorbell: Doorbell,
  ids: readonly number[],
  callback: (queue: number | undefined) => void,
): Disposable {
  return doorbell.listen((id) => {
    const queue = id === undefined ? -1 : ids.indexOf(id);
    callback(queue < 0 ? undefined : queue);
  });
}
