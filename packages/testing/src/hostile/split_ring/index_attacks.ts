import type { RingAttack, RingAttackWay, RingPeer } from "./peer.ts";

/** Indices that no peer can reach from `index` with `most` entries at hand. */
function runAhead(
  verdict: RingAttackWay["verdict"],
  index: "availableIndex" | "usedIndex",
  most: (peer: RingPeer) => number,
): readonly RingAttackWay[] {
  const jumps: readonly (readonly [string, (peer: RingPeer) => number])[] = [
    ["by one more than can be", (peer) => most(peer) + 1],
    ["by half of its range and one", () => 0x8001],
    ["by one back", () => -1],
  ];
  return jumps.map(([name, jump]) => ({
    name: `the index jumps ${name}`,
    verdict,
    steps: [(peer) => (peer.ring[index] += jump(peer))],
  }));
}

/** T03: the available index runs ahead of the table. */
export const availableIndexJump: RingAttack = {
  title: "the available index runs ahead of what the queue can hold",
  ways: runAhead(["AVAILABLE_INDEX"], "availableIndex", ({ ring }) => ring.size),
};

/** T03: the used index runs ahead of the available index, up to which chains were posted. */
export const usedIndexJump: RingAttack = {
  title: "the used index runs ahead of what was posted",
  ways: runAhead(
    ["USED_INDEX"],
    "usedIndex",
    ({ ring }) => (ring.availableIndex - ring.usedIndex) & 0xffff,
  ),
};

function describeAll({ ring, buffer }: RingPeer): void {
  for (let index = 0; index < ring.size; index++) {
    ring.setDescriptor(index, { address: buffer.address, length: 16 });
  }
}

const allHeads = ({ ring }: RingPeer): number[] =>
  Array.from({ length: ring.size }, (_, index) => index);

/** T04: a descriptor in two chains at once. The victim holds what it takes. */
export const duplicateHead: RingAttack = {
  title: "a head is made available twice, or more than the table holds",
  ways: [
    {
      name: "the same head twice at once",
      verdict: ["HEAD_IN_FLIGHT"],
      possible: ({ ring }) => ring.size >= 2,
      steps: [describeAll, ({ ring }) => ring.offer(0, 0)],
    },
    {
      name: "a head that the device holds",
      verdict: ["HEAD_IN_FLIGHT"],
      possible: ({ ring }) => ring.size >= 2,
      steps: [describeAll, ({ ring }) => ring.offer(0), ({ ring }) => ring.offer(0)],
    },
    {
      name: "one more when the device holds all",
      verdict: ["AVAILABLE_INDEX"],
      steps: [
        describeAll,
        (peer) => peer.ring.offer(...allHeads(peer)),
        ({ ring }) => ring.offer(0),
      ],
    },
    {
      name: "two chains that share their end",
      verdict: ["CHAIN_LOOP"],
      possible: ({ ring }) => ring.size >= 2,
      steps: [
        ({ ring, buffer }) => {
          const last = ring.size - 1;
          const good = { address: buffer.address, length: 16 };
          for (let index = 0; index < last; index++) {
            ring.setDescriptor(index, { ...good, flags: 1, next: index + 1 });
          }
          ring.setDescriptor(last, good);
          ring.offer(0, last);
        },
      ],
    },
  ],
};

const EVENTS: readonly number[] = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff];

/** T23: the word by which the other side says its wish, with values that it never has. */
function wishes(
  event: "usedEvent" | "availableEvent",
  flags: "availableFlags" | "usedFlags",
): RingAttack {
  return {
    title: "the event index or the flags hold anything",
    ways: [
      ...EVENTS.map((value): RingAttackWay => ({
        name: `event index ${value}`,
        verdict: "tolerated",
        steps: [({ ring }) => (ring[event] = value)],
      })),
      ...[0xfffe, 0xffff].map((value): RingAttackWay => ({
        name: `flags ${value}`,
        verdict: "tolerated",
        steps: [({ ring }) => (ring[flags] = value)],
      })),
    ],
  };
}

/** T23: a driver that says any wish. */
export const driverWishes: RingAttack = wishes("usedEvent", "availableFlags");

/** T23: a device that says any wish. */
export const deviceWishes: RingAttack = wishes("availableEvent", "usedFlags");
