import type { Clock, Doorbell } from "@openamp/libmetal";

import type { SeededRandom } from "../random/seeded_random.ts";

/** What a line does to the rings that it carries. Probabilities are 0 (never) to 1 (always). */
export interface DoorbellFaults {
  /** Decides each ring's lot. */
  readonly random: SeededRandom;
  /** How likely a ring of ours is lost. Default 0. */
  readonly drop?: number;
  /** How likely a ring of ours that is not lost comes twice. Default 0. */
  readonly double?: number;
  /** Rings of ours come late, by 0 to `milliseconds`; so they may overtake one another. */
  readonly delay?: {
    /** Measures the delay; a fake one, as a rule. */
    readonly clock: Clock;
    /** The longest delay. */
    readonly milliseconds: number;
  };
  /** How likely the id of a ring that we hear is absent. Default 0. */
  readonly strip?: number;
}

/** A line with faults, and how often each has struck. */
export interface FaultyDoorbell extends Doorbell {
  /** Rings of ours that were lost. */
  readonly dropped: number;
  /** Rings of ours that came twice. */
  readonly doubled: number;
  /** Rings that we heard without their id. */
  readonly stripped: number;
}

/**
 * Puts faults on one end of a line. A ring is a hint, so nothing that uses a doorbell may come to
 * harm by them, and whatever waits looks again by itself (T24).
 *
 * @param line The end that is made worse. What it rings is dropped, doubled and delayed; what it
 *   hears loses its id.
 * @param faults Which faults, and how likely.
 * @returns The end with faults.
 *
 * @example
 * ```ts
 * import { doorbellPair, faultyDoorbell, seededRandom } from "@openamp/testing";
 *
 * const [host, remote] = doorbellPair();
 * const bad = faultyDoorbell(host, { random: seededRandom(1), double: 1 });
 * let heard = 0;
 * remote.listen(() => heard++);
 * bad.ring(0);
 * if (heard !== 2 || bad.doubled !== 1) throw new Error("Every ring comes twice");
 * ```
 */
export function faultyDoorbell(line: Doorbell, faults: DoorbellFaults): FaultyDoorbell {
  const { random, drop = 0, double = 0, delay, strip = 0 } = faults;
  let dropped = 0;
  let doubled = 0;
  let stripped = 0;

  function carry(id: number): void {
    if (delay === undefined) {
      line.ring(id);
    } else {
      delay.clock.after(random.between(0, delay.milliseconds), () => line.ring(id));
    }
  }

  return {
    get dropped() {
      return dropped;
    },
    get doubled() {
      return doubled;
    },
    get stripped() {
      return stripped;
    },
    ring(id) {
      if (random.chance(drop)) {
        dropped++;
        return;
      }
      carry(id);
      if (random.chance(double)) {
        doubled++;
        carry(id);
      }
    },
    listen(callback) {
      return line.listen((id) => {
        const absent = random.chance(strip);
        if (absent) stripped++;
        callback(absent ? undefined : id);
      });
    },
  };
}
