import { TestingError } from "../error.ts";

/** Random numbers that come again with the same seed. */
export interface SeededRandom {
  /** What the numbers follow from: put it into the message of a test that fails. */
  readonly seed: number;
  /** The next 32 bits, 0 to 2^32 - 1. */
  next32(): number;
  /**
   * A whole number from 0 to `limit - 1`, each as likely.
   *
   * @param limit 1 to 2^32.
   */
  below(limit: number): number;
  /**
   * A whole number from `least` to `most`, both included.
   *
   * @param least The smallest.
   * @param most The largest; at most 2^32 - 1 above `least`.
   */
  between(least: number, most: number): number;
  /**
   * True with a probability.
   *
   * @param probability 0 (never) to 1 (always).
   */
  chance(probability: number): boolean;
  /**
   * One of a list, each as likely.
   *
   * @param values At least one.
   */
  pick<Value>(values: readonly Value[]): Value;
  /** The list in a random order; the list itself stays as it is. */
  shuffle<Value>(values: readonly Value[]): Value[];
  /** Fills an array with random bytes and returns it. */
  fillBytes(target: Uint8Array): Uint8Array;
}

/** The four words of a xoshiro128** generator, not all zero. */
export type XoshiroState = readonly [number, number, number, number];

/**
 * xoshiro128** 1.1 by David Blackman and Sebastiano Vigna (https://prng.di.unimi.it/): 32 bits a
 * step, period 2^128 - 1.
 *
 * @param state Where it starts.
 * @returns Gives the next 32 bits at each call, 0 to 2^32 - 1.
 *
 * @example
 * ```ts
 * import { xoshiro128 } from "@openamp/testing";
 *
 * const next = xoshiro128([1, 2, 3, 4]);
 * if (next() !== 11520) throw new Error("rotate_left(2 * 5, 7) * 9");
 * ```
 */
export function xoshiro128(state: XoshiroState): () => number {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
}

/**
 * Makes a source of random numbers.
 *
 * @param seed What the numbers follow from, 0 to 2^32 - 1.
 * @returns The source: xoshiro128**, its state filled by SplitMix32 from the seed.
 *
 * @example
 * ```ts
 * import { seededRandom } from "@openamp/testing";
 *
 * const first = seededRandom(7).below(1000);
 * if (seededRandom(7).below(1000) !== first) throw new Error("The same seed, the same numbers");
 * ```
 */
export function seededRandom(seed: number): SeededRandom {
  const spread = splitMix32(seed);
  const next32 = xoshiro128([spread(), spread(), spread(), spread()]);

  function below(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > 0x100000000) {
      throw new TestingError(
        "INVALID_ARGUMENT",
        `Draw a number below ${limit}: the limit is not within 1 to 2^32`,
      );
    }
    // The last, cut share of the 2^32 values is thrown back, so that each number is as likely.
    const fair = 0x100000000 - (0x100000000 % limit);
    let drawn = next32();
    while (drawn >= fair) drawn = next32();
    return drawn % limit;
  }

  return {
    seed,
    next32,
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (probability) => next32() < probability * 0x100000000,
    pick(values) {
      const index = below(values.length);
      return values[index]!;
    },
    shuffle(values) {
      const shuffled = [...values];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
      }
      return shuffled;
    },
    fillBytes(target) {
      let bits = 0;
      for (let index = 0; index < target.length; index++) {
        bits = index % 4 === 0 ? next32() : bits >>> 8;
        target[index] = bits;
      }
      return target;
    },
  };
}

/** SplitMix, cut to 32 bits, with the finalizer of MurmurHash3: spreads a seed over a state. */
function splitMix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
