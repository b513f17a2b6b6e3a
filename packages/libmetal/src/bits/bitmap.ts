import { MetalError } from "../error.ts";

/** The most bits of a bitmap. */
const MAXIMUM_SIZE = 2 ** 32;

/**
 * A fixed number of bits, all of which can be found and counted: what numbers are handed out from.
 * Upstream: `metal_bitmap_*` of `<metal/utilities.h>`.
 *
 * A search ends at the last bit and says so. (Upstream's finder of clear bits starts again at the
 * first one, and hands out what is in use.)
 */
export interface Bitmap {
  /** Bits. */
  readonly size: number;
  /**
   * Its bits, 32 a word, bit 0 in the lowest place of the first. The bits of the last word that are
   * beyond `size` are neither looked at nor changed.
   */
  readonly words: Uint32Array;
  /** How many bits are set. */
  readonly count: number;
  /**
   * Whether a bit is set.
   *
   * @param bit Which one, 0 to `size - 1`.
   * @throws {MetalError} `OUT_OF_RANGE`.
   */
  has(bit: number): boolean;
  /**
   * Sets a bit.
   *
   * @param bit Which one, 0 to `size - 1`.
   * @throws {MetalError} `OUT_OF_RANGE`.
   */
  set(bit: number): void;
  /**
   * Clears a bit.
   *
   * @param bit Which one, 0 to `size - 1`.
   * @throws {MetalError} `OUT_OF_RANGE`.
   */
  clear(bit: number): void;
  /**
   * Finds a bit that is set.
   *
   * @param from The first bit that is looked at: a whole number, 0 and up. Default 0.
   * @returns The first one from there on, or undefined where there is none up to the end.
   * @throws {MetalError} `OUT_OF_RANGE` for what is no whole number from 0 on.
   */
  nextSet(from?: number): number | undefined;
  /**
   * Finds a bit that is clear.
   *
   * @param from The first bit that is looked at: a whole number, 0 and up. Default 0.
   * @returns The first one from there on, or undefined where there is none up to the end.
   * @throws {MetalError} `OUT_OF_RANGE` for what is no whole number from 0 on.
   */
  nextClear(from?: number): number | undefined;
  /** The bits that are set, rising. Those that change meanwhile are seen from where it has come to. */
  setBits(): IterableIterator<number>;
  /** The bits that are clear, rising. */
  clearBits(): IterableIterator<number>;
  /**
   * Finds a bit that is clear, and sets it.
   *
   * @param from The first bit that may be taken. Default 0.
   * @returns The bit, or undefined where none is clear from there on.
   * @throws {MetalError} `OUT_OF_RANGE` for what is no whole number from 0 on.
   */
  allocate(from?: number): number | undefined;
}

/**
 * Makes a bitmap, over words of its own or over given ones.
 *
 * The words may lie in shared memory. A change is then a read and a write, and not one atomic step:
 * one side changes the bits, or both hold a lock.
 *
 * @param size Bits, 1 to 2^32.
 * @param words Where they lie: as they are, at least `size / 32` words. Default: new ones, all clear.
 * @returns The bitmap.
 * @throws {MetalError} `INVALID_ARGUMENT` for a size out of its range; `OUT_OF_RANGE` where there are
 *   too few words.
 *
 * @example
 * ```ts
 * import { bitmap } from "@openamp/libmetal";
 *
 * const ids = bitmap(3);
 * const given = [ids.allocate(), ids.allocate(), ids.allocate(), ids.allocate()];
 * if (given.join() !== "0,1,2,") throw new Error("Three numbers, and then none");
 * ids.clear(1);
 * if (ids.allocate() !== 1) throw new Error("What was given back is given again");
 * ```
 */
export function bitmap(size: number, words?: Uint32Array): Bitmap {
  if (!Number.isInteger(size) || size < 1 || size > MAXIMUM_SIZE) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Make a bitmap of ${size} bits: 1 to 2^32 are possible`,
    );
  }
  const length = Math.ceil(size / 32);
  if (words !== undefined && words.length < length) {
    throw new MetalError(
      "OUT_OF_RANGE",
      `Make a bitmap of ${size} bits: they take ${length} words, and there are ${words.length}`,
    );
  }
  return new WordBitmap(size, words?.subarray(0, length) ?? new Uint32Array(length));
}

class WordBitmap implements Bitmap {
  readonly size: number;
  readonly words: Uint32Array;

  constructor(size: number, words: Uint32Array) {
    this.size = size;
    this.words = words;
  }

  get count(): number {
    let count = 0;
    for (let index = 0; index < this.words.length; index++) count += ones(this.#word(index, 0));
    return count;
  }

  has(bit: number): boolean {
    this.#check("Look at", bit);
    return (this.words[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }

  set(bit: number): void {
    this.#check("Set", bit);
    this.words[bit >>> 5]! |= 1 << (bit & 31);
  }

  clear(bit: number): void {
    this.#check("Clear", bit);
    this.words[bit >>> 5]! &= ~(1 << (bit & 31));
  }

  nextSet(from: number = 0): number | undefined {
    return this.#next(from, 0);
  }

  nextClear(from: number = 0): number | undefined {
    return this.#next(from, ~0);
  }

  *setBits(): IterableIterator<number> {
    for (let bit = this.nextSet(); bit !== undefined; bit = this.nextSet(bit + 1)) yield bit;
  }

  *clearBits(): IterableIterator<number> {
    for (let bit = this.nextClear(); bit !== undefined; bit = this.nextClear(bit + 1)) yield bit;
  }

  allocate(from: number = 0): number | undefined {
    const bit = this.nextClear(from);
    if (bit !== undefined) this.set(bit);
    return bit;
  }

  /** The first bit from one on that differs from those of `flip`. */
  #next(from: number, flip: number): number | undefined {
    if (!Number.isInteger(from) || from < 0) {
      throw new MetalError(
        "OUT_OF_RANGE",
        `Search a bitmap of ${this.size} bits from ${from}: that is no bit`,
      );
    }
    if (from >= this.size) return undefined;
    let index = from >>> 5;
    let found = this.#word(index, flip) & (~0 << (from & 31));
    while (found === 0) {
      if (++index >= this.words.length) return undefined;
      found = this.#word(index, flip);
    }
    return index * 32 + 31 - Math.clz32(found & -found);
  }

  /** A word, in which the bits beyond the last one are 0 after they were flipped. */
  #word(index: number, flip: number): number {
    const word = this.words[index]! ^ flip;
    const used = this.size - index * 32;
    return used >= 32 ? word : word & ~(~0 << used);
  }

  #check(action: string, bit: number): void {
    if (Number.isInteger(bit) && bit >= 0 && bit < this.size) return;
    throw new MetalError("OUT_OF_RANGE", `${action} bit ${bit} of a bitmap of ${this.size} bits`);
  }
}

/** How many bits of a word are set: the sums of pairs, of fours, of eights, and of the bytes. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  const eights = (fours + (fours >>> 4)) & 0x0f0f0f0f;
  return Math.imul(eights, 0x01010101) >>> 24;
}
