import {
  VIRTQ_DESC_F_INDIRECT as INDIRECT,
  VIRTQ_DESC_F_NEXT as NEXT,
  VIRTQ_DESC_F_WRITE as WRITE,
} from "@openamp/virtio/wire";
import type { QueueFault } from "@openamp/virtio";

import type { RawDescriptor } from "./raw_split_ring.ts";
import type { RingAttack, RingAttackWay, RingPeer } from "./peer.ts";

/** Offers a chain from descriptor 0 on, of good buffers of 16 bytes, changed as it says. */
function offerChain(
  { ring, buffer }: RingPeer,
  chain: readonly (Partial<RawDescriptor> | undefined)[],
): void {
  ring.setChain(
    0,
    chain.map((changes) => ({ address: buffer.address, length: 16, ...changes })),
  );
  ring.offer(0);
}

function way(
  name: string,
  verdict: RingAttackWay["verdict"],
  chain: (peer: RingPeer) => readonly (Partial<RawDescriptor> | undefined)[],
): RingAttackWay {
  return {
    name,
    verdict,
    steps: [(peer) => offerChain(peer, chain(peer))],
    possible: (peer) => chain(peer).length <= peer.ring.size,
  };
}

/** T01: loops. `length` 0 keeps the sum of bytes small, so that only the steps can end the walk. */
function loop(
  name: string,
  length: number,
  links: (size: number) => readonly number[],
): RingAttackWay {
  return way(name, ["CHAIN_LOOP"], ({ ring }) =>
    links(ring.size).map((next) => ({ length, flags: NEXT, next })),
  );
}

const everyNext = (size: number): number[] =>
  Array.from({ length: size }, (_, index) => (index + 1) % size);

/** T01: a chain that never ends. */
export const chainLoop: RingAttack = {
  title: "a descriptor chain loops",
  ways: [
    loop("one descriptor leads to itself", 16, () => [0]),
    loop("one empty descriptor leads to itself", 0, () => [0]),
    loop("two lead to each other", 16, () => [1, 0]),
    loop("all lead round the table", 16, everyNext),
    loop("all are empty and lead round the table", 0, everyNext),
    loop("the last of all leads to itself", 16, (size) =>
      everyNext(size).map((next, index) => (index === size - 1 ? index : next)),
    ),
    loop("the last of all leads to the middle", 16, (size) =>
      everyNext(size).map((next, index) => (index === size - 1 ? size >>> 1 : next)),
    ),
  ],
};

const beyondTable = (size: number): readonly number[] => [size, size + 1, 0x8000 | size, 0xffff];

/** T02: an index that is no descriptor, in the available ring or in `next`. */
export const descriptorRange: RingAttack = {
  title: "an index is beyond the descriptor table",
  ways: [0, 1, 2, 3].flatMap((nth): readonly RingAttackWay[] => {
    const index = (peer: RingPeer): number => beyondTable(peer.ring.size)[nth] ?? 0xffff;
    return [
      {
        name: `head beyond the table, value ${nth}`,
        verdict: ["HEAD_RANGE"],
        steps: [(peer) => peer.ring.offer(index(peer))],
      },
      way(`next beyond the table, value ${nth}`, ["NEXT_RANGE"], (peer) => [
        undefined,
        { flags: NEXT, next: index(peer) },
      ]),
    ];
  }),
};

/**
 * T12: ranges that are not wholly inside the memory that the driver may name. `place` gets the
 * address behind the last good byte.
 */
function outside(
  name: string,
  place: (end: number) => { address: bigint | number; length: number },
): RingAttackWay {
  return way(name, ["ADDRESS"], ({ buffer }) => [place(buffer.address + buffer.length)]);
}

/** T12: a buffer that lies outside. */
export const addressRange: RingAttack = {
  title: "a buffer lies outside the memory that the driver may name",
  ways: [
    outside("one byte behind the end", (end) => ({ address: end, length: 1 })),
    outside("one byte across the end", (end) => ({ address: end - 16, length: 17 })),
    outside("the longest length across the end", (end) => ({
      address: end - 16,
      length: 0xffffffff,
    })),
    outside("at 2^53 - 1", () => ({ address: 2n ** 53n - 1n, length: 1 })),
    outside("at 2^53", () => ({ address: 2n ** 53n, length: 1 })),
    outside("at 2^53 + 1, which no number holds", () => ({ address: 2n ** 53n + 1n, length: 1 })),
    outside("at 2^63", () => ({ address: 2n ** 63n, length: 16 })),
    outside("at 2^64 - 1", () => ({ address: 2n ** 64n - 1n, length: 1 })),
    outside("wrapping round 2^64", () => ({ address: 2n ** 64n - 8n, length: 16 })),
    outside("a good address with a bit above 2^53", (end) => ({
      address: 2n ** 60n + BigInt(end - 16),
      length: 16,
    })),
    way("the second buffer only", ["ADDRESS"], ({ buffer }) => [
      undefined,
      { address: buffer.address + buffer.length, length: 1 },
    ]),
  ],
};

/** T13: buffers without a byte. */
export const zeroLength: RingAttack = {
  title: "a descriptor has no length",
  ways: [
    way("at the head", "tolerated", () => [{ length: 0 }, undefined, undefined]),
    way("in the middle", "tolerated", () => [undefined, { length: 0 }, undefined]),
    way("at the end", "tolerated", () => [undefined, undefined, { length: 0 }]),
    way("with an address outside", "tolerated", () => [{ length: 0, address: -1n }, undefined]),
    way("everywhere", ["CHAIN_EMPTY"], () => [{ length: 0 }, { length: 0 }]),
    way("alone", ["CHAIN_EMPTY"], () => [{ length: 0 }]),
  ],
};

/** T14: more bytes than 32 bits count. In a window that cannot hold them the address is refused. */
export const totalLength: RingAttack = {
  title: "the lengths of a chain add up to more than 2^32 - 1",
  ways: [
    way("two of 2^31 + 1", ["CHAIN_LENGTH", "ADDRESS"], ({ buffer }) => {
      const length = 0x80000001;
      const address = buffer.address + buffer.length - length;
      return [
        { address, length },
        { address, length, flags: WRITE },
      ];
    }),
  ],
};

const indirect: readonly QueueFault[] = ["DESCRIPTOR_FLAGS"];

/** T15: indirect tables, which are not negotiated. */
export const indirectTable: RingAttack = {
  title: "an indirect table that was not negotiated",
  ways: [
    way("well formed", indirect, () => [{ flags: INDIRECT, length: 32 }]),
    way("no multiple of 16", indirect, () => [{ flags: INDIRECT, length: 17 }]),
    way("empty", indirect, () => [{ flags: INDIRECT, length: 0 }]),
    way("with NEXT", indirect, () => [{ flags: INDIRECT | NEXT, length: 16, next: 1 }, undefined]),
    way("behind a good buffer", indirect, () => [undefined, { flags: INDIRECT, length: 16 }]),
  ],
};

/** T16: directions and flags. */
export const chainOrder: RingAttack = {
  title: "a readable buffer after a writable one, or a flag that nobody knows",
  ways: [
    way("readable after writable", ["CHAIN_ORDER"], () => [
      { flags: NEXT | WRITE, next: 1 },
      { flags: 0 },
    ]),
    ...Array.from({ length: 13 }, (_, bit) => 8 << bit).map((flag) =>
      way(`flag 0x${flag.toString(16)}`, ["DESCRIPTOR_FLAGS"], () => [{ flags: flag }]),
    ),
  ],
};
