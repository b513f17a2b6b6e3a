/**
 * One way of performing an attack.
 *
 * A peer that it is performed on lets its victim run after each step: a victim in the same thread
 * drains its queue, one in a Worker or in QEMU is rung and given time.
 */
export interface AttackWay<Peer, Fault extends string> {
  /** What is done, in a few words. */
  readonly name: string;
  /** What the peer does, step by step; the victim runs after each. */
  readonly steps: readonly ((peer: Peer) => void)[];
  /**
   * What the victim is to make of it: `tolerated` where nothing comes of it, else the faults that
   * may be found, at the last step at the latest.
   */
  readonly verdict: "tolerated" | readonly Fault[];
  /** Whether it can be done to a victim; absent: to every one. */
  possible?(peer: Peer): boolean;
}

/** The ways of one attack, under its number in `docs/threats.md`. */
export interface Attack<Peer, Fault extends string> {
  /** What the attack is. */
  readonly title: string;
  /** The ways of performing it, each on a fresh victim. */
  readonly ways: readonly AttackWay<Peer, Fault>[];
}
