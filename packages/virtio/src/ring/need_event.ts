/**
 * Whether the other side wants to be told, by its event index: `vring_need_event` of
 * `<linux/virtio_ring.h>` (VirtIO 1.3 §2.7.7.2, §2.7.10.1). All three are 16-bit indices and wrap.
 *
 * @param event The index that the other side waits for.
 * @param now Our index after publishing.
 * @param before Our index when we last looked.
 * @returns True where `event` lies in the entries just published.
 *
 * @example
 * ```ts
 * import { needEvent } from "@openamp/virtio";
 *
 * if (!needEvent(0xffff, 0, 0xffff)) throw new Error("Entry 65535 was just published");
 * if (needEvent(5, 5, 4)) throw new Error("Entry 5 is still to come");
 * ```
 */
export function needEvent(event: number, now: number, before: number): boolean {
  return ((now - event - 1) & 0xffff) < ((now - before) & 0xffff);
}
