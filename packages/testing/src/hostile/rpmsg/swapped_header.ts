import {
  RPMSG_HEADER_DESTINATION,
  RPMSG_HEADER_FLAGS,
  RPMSG_HEADER_LENGTH,
  RPMSG_HEADER_SIZE,
  RPMSG_HEADER_SOURCE,
} from "@openamp/rpmsg/wire";

import type { Change } from "../../memory/changing_words.ts";
import type { SharedVdev } from "../../loopback/shared_vdev.ts";

/**
 * T11: a peer that swaps the header of a message between two reads of it. A receiver that reads each
 * field once never sees the second one.
 *
 * @param vdev Where the buffers lie.
 * @param bufferSize Bytes of a buffer. Default 512.
 * @returns The change, for words over the victim's memory; from the second read of a field on, the
 *   length is 65535 and the addresses are other ones.
 *
 * @example
 * ```ts
 * import { memoryOver } from "@openamp/libmetal";
 * import {
 *   changingWords,
 *   fakeClock,
 *   loopbackMemory,
 *   rawRpmsgRemote,
 *   swappedHeaders,
 * } from "@openamp/testing";
 *
 * const memory = loopbackMemory();
 * const words = changingWords(memory.words);
 * const victimMemory = memoryOver(memory.name, memory.physicalAddress, memory.kind, words);
 * using peer = await rawRpmsgRemote({ clock: fakeClock(), memory, victimMemory });
 * const lengths: number[] = [];
 * peer.victim.createEndpoint({ address: 7, onMessage: ({ length }) => lengths.push(length) });
 * words.change = swappedHeaders(peer.vdev);
 * peer.send({ destination: 7, payload: new Uint8Array(5) });
 * if (lengths[0] !== 5) throw new Error("The length that was checked is the one that is used");
 * ```
 */
export function swappedHeaders(vdev: SharedVdev, bufferSize: number = 512): Change {
  const { offset: start, size } = vdev.buffers;
  const swapped: Readonly<Record<number, number>> = {
    [RPMSG_HEADER_SOURCE]: 0xbad,
    [RPMSG_HEADER_DESTINATION]: 0xbad,
    [RPMSG_HEADER_LENGTH]: 0xffff,
    [RPMSG_HEADER_FLAGS]: 0xffff,
  };
  return ({ offset, earlier }) => {
    const field = (offset - start) % bufferSize;
    const inHeader = offset >= start && offset < start + size && field < RPMSG_HEADER_SIZE;
    return inHeader && earlier > 0 ? swapped[field] : undefined;
  };
}
