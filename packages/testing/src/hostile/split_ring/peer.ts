import type { QueueFault } from "@openamp/virtio";

import type { SeededRandom } from "../../random/seeded_random.ts";
import type { Attack, AttackWay } from "../attack.ts";
import type { RawSplitRing } from "./raw_split_ring.ts";

/** The hostile end of a queue: the ring, and what an attack needs to know of its victim. */
export interface RingPeer {
  /** The ring's words. */
  readonly ring: RawSplitRing;
  /** A range that the victim takes for a good buffer: at least 64 bytes, at the end of a window. */
  readonly buffer: { readonly address: number; readonly length: number };
  /** Makes what is to be random. */
  readonly random: SeededRandom;
}

/** One way of attacking a queue. */
export type RingAttackWay = AttackWay<RingPeer, QueueFault>;

/** An attack on a queue. */
export type RingAttack = Attack<RingPeer, QueueFault>;
