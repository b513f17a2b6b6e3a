import { VIRTQ_DESC_F_NEXT } from "@openamp/virtio/wire";

import type { RingAttack, RingAttackWay, RingPeer } from "./peer.ts";

/** Chains that the driver posted and that no used element has given back. */
function posted({ ring }: RingPeer): number[] {
  const count = (ring.availableIndex - ring.usedIndex) & 0xffff;
  return Array.from({ length: count }, (_, nth) => ring.availableHead(ring.usedIndex + nth));
}

function firstPosted(peer: RingPeer): number {
  return posted(peer)[0] ?? 0;
}

/** A descriptor in the middle of a chain that is posted. */
function midChain(peer: RingPeer): number | undefined {
  for (const head of posted(peer)) {
    const { flags, next } = peer.ring.descriptor(head);
    if ((flags & VIRTQ_DESC_F_NEXT) !== 0) return next;
  }
  return undefined;
}

/** A descriptor that is in no posted chain, as far as the table tells. */
function freeDescriptor(peer: RingPeer): number | undefined {
  const taken = new Set<number>();
  for (const head of posted(peer)) {
    let index = head;
    for (let step = 0; step < peer.ring.size; step++) {
      taken.add(index);
      const { flags, next } = peer.ring.descriptor(index);
      if ((flags & VIRTQ_DESC_F_NEXT) === 0) break;
      index = next;
    }
  }
  for (let index = 0; index < peer.ring.size; index++) {
    if (!taken.has(index)) return index;
  }
  return undefined;
}

function badId(name: string, id: (peer: RingPeer) => number): RingAttackWay {
  return {
    name,
    verdict: ["USED_ID_RANGE"],
    possible: (peer) => posted(peer).length >= 1,
    steps: [(peer) => peer.ring.giveBack([id(peer), 0])],
  };
}

/** T05: an id that is no descriptor. */
export const usedIdRange: RingAttack = {
  title: "used id out of range",
  ways: [
    badId("the size of the queue", ({ ring }) => ring.size),
    badId("65535", () => 0xffff),
    badId("2^31", () => 0x80000000),
    badId("2^32 - 1", () => 0xffffffff),
  ],
};

/** T22: an id that is a good one when it is cut to 16 bits. */
export const usedIdTruncation: RingAttack = {
  title: "used id is good in its low 16 bits only",
  ways: [
    badId("65536 more than a good one", (peer) => 0x10000 + firstPosted(peer)),
    badId("2^31 more than a good one", (peer) => 0x80000000 + firstPosted(peer)),
    badId("0xffff0000 more than a good one", (peer) => 0xffff0000 + firstPosted(peer)),
  ],
};

/** T06: an id that is a descriptor, and no head in flight. */
export const forgedCompletion: RingAttack = {
  title: "used id in range but no head in flight",
  ways: [
    {
      name: "a descriptor that is free",
      verdict: ["USED_ID"],
      possible: (peer) => posted(peer).length >= 1 && freeDescriptor(peer) !== undefined,
      steps: [(peer) => peer.ring.giveBack([freeDescriptor(peer) ?? 0, 0])],
    },
    {
      name: "a descriptor in the middle of a chain",
      verdict: ["USED_ID"],
      possible: (peer) => midChain(peer) !== undefined,
      steps: [(peer) => peer.ring.giveBack([midChain(peer) ?? 0, 0])],
    },
    {
      name: "a head twice at once",
      verdict: ["USED_ID"],
      possible: (peer) => posted(peer).length >= 2,
      steps: [
        (peer) => {
          const head = firstPosted(peer);
          peer.ring.giveBack([head, 0], [head, 0]);
        },
      ],
    },
    {
      name: "a head that was given back before",
      verdict: ["USED_ID"],
      possible: (peer) => posted(peer).length >= 2,
      steps: [
        (peer) => peer.ring.giveBack([firstPosted(peer), 0]),
        ({ ring }) => ring.giveBack([ring.availableHead(ring.usedIndex - 1), 0]),
      ],
    },
  ],
};

function lengths(title: string, values: readonly number[]): RingAttack {
  return {
    title,
    ways: values.map((length) => ({
      name: `length ${length}`,
      verdict: "tolerated",
      possible: (peer) => posted(peer).length >= 1,
      steps: [(peer) => peer.ring.giveBack([firstPosted(peer), length])],
    })),
  };
}

/** T07: a length that is more than the device could write. It is cut where it is read. */
export const usedLengthTooLarge: RingAttack = lengths(
  "used length larger than the writable buffer",
  [513, 65536, 0x7fffffff, 0x80000000, 0xffffffff],
);

/** T08: a length for a buffer that the device only reads, as C remotes report it. */
export const usedLengthOfReadable: RingAttack = lengths(
  "used length of a readable buffer",
  [0, 1, 16, 28, 512, 0xffffffff],
);

/** T10: the device writes into descriptors, and gives back all that is posted as it should. */
export const descriptorChanged: RingAttack = {
  title: "the device changes descriptors that the driver posted",
  ways: [0, 1].map((nth) => ({
    name: `the whole table, time ${nth}`,
    verdict: "tolerated",
    steps: [
      (peer) => {
        const heads = posted(peer);
        peer.ring.scribble("descriptors", peer.random);
        peer.ring.giveBack(...heads.map((head) => [head, 0] as const));
      },
    ],
  })),
};
