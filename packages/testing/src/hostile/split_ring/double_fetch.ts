import {
  DESCRIPTOR_ADDRESS,
  DESCRIPTOR_FLAGS,
  DESCRIPTOR_LENGTH,
  DESCRIPTOR_SIZE,
} from "@openamp/virtio/wire";
import type { SplitRing } from "@openamp/virtio";

import type { Change } from "../../memory/changing_words.ts";

/**
 * T11: a driver that swaps a descriptor for a bad one between two reads of it. A device that reads
 * each field once never sees the bad one.
 *
 * @param ring The ring, over changing words.
 * @returns The change; from the second read of a cell on, addresses and lengths are the largest
 *   there are, and the chain leads beyond the table.
 */
export function swappedDescriptors(ring: SplitRing): Change {
  const { offset: start, byteLength } = ring.descriptors;
  const bad: Readonly<Record<number, number>> = {
    [DESCRIPTOR_ADDRESS]: 0xffffffff,
    [DESCRIPTOR_ADDRESS + 4]: 0xffffffff,
    [DESCRIPTOR_LENGTH]: 0xffffffff,
    [DESCRIPTOR_FLAGS]: 0xffffffff,
  };
  return ({ offset, width, earlier }) => {
    if (earlier === 0 || offset < start || offset >= start + byteLength) return undefined;
    return width === 4 ? bad[(offset - start) % DESCRIPTOR_SIZE] : 0xffff;
  };
}
