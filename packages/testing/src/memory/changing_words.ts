import type { SharedWords } from "@openamp/libmetal";

import type { SeededRandom } from "../random/seeded_random.ts";
import { observedWords } from "./observed_words.ts";

/** A read of one cell that is about to happen. */
export interface CellRead {
  /** Bytes from the start. */
  readonly offset: number;
  /** Bytes of the cell. A copy reads cells of one byte. */
  readonly width: 1 | 2 | 4 | 8;
  /** How often this cell was read before. */
  readonly earlier: number;
}

/**
 * What a peer does to a cell in the moment before it is read.
 *
 * @param read The read that is about to happen.
 * @returns The cell's new value, or undefined where the peer leaves it.
 */
export type Change = (read: CellRead) => number | undefined;

/** Words that change under the reader. */
export interface ChangingWords extends SharedWords {
  /** What the peer does; undefined while it holds still. Counts start anew when it is set. */
  change: Change | undefined;
}

/**
 * Makes memory that changes under the reader: code that reads a field twice sees two values, and
 * comes to harm where it checked one and used the other (T11).
 *
 * @param words The bytes; the new values are written there, so that others see them too.
 * @param change What the peer does. Default: it holds still, until `change` is set.
 * @returns The changing words; make a memory of them with `memoryOver` of `@openamp/libmetal`.
 *
 * @example
 * ```ts
 * import { bufferMemory } from "@openamp/libmetal";
 * import { changingWords, scripted } from "@openamp/testing";
 *
 * const { words } = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(64) });
 * const changing = changingWords(words, scripted({ 8: [16, 4096] }));
 * if (changing.get32(8) !== 16) throw new Error("The first read, which is checked");
 * if (changing.get32(8) !== 4096) throw new Error("The second, which is used");
 * ```
 */
export function changingWords(words: SharedWords, change?: Change): ChangingWords {
  let current = change;
  const reads = new Map<number, number>();

  function meet(offset: number, width: CellRead["width"]): void {
    const earlier = reads.get(offset) ?? 0;
    reads.set(offset, earlier + 1);
    const value = current?.({ offset, width, earlier });
    if (value === undefined) return;
    if (width === 1) words.set8(offset, value);
    else if (width === 2) words.set16(offset, value);
    else if (width === 4) words.set32(offset, value);
    else words.set64(offset, BigInt(value));
  }

  const observed = observedWords(words, ({ action, offset, length, width }) => {
    if (action !== "read" || current === undefined) return;
    for (let at = offset; at < offset + length; at += width) meet(at, width);
  });
  return {
    ...observed,
    get change() {
      return current;
    },
    set change(next) {
      current = next;
      reads.clear();
    },
  };
}

/**
 * A peer that follows a script.
 *
 * @param script For the offset of a cell, what its first, second, … read gives; the last value
 *   stays.
 * @returns The change.
 */
export function scripted(script: Readonly<Record<number, readonly number[]>>): Change {
  return ({ offset, earlier }) => {
    const values = script[offset];
    return values?.[Math.min(earlier, values.length - 1)];
  };
}

/** What {@linkcode refilled} changes. */
export interface RefillOptions {
  /** Makes the new values. */
  readonly random: SeededRandom;
  /** The first byte that changes. Default 0. */
  readonly offset?: number;
  /** Bytes that change. Default: all from `offset`. */
  readonly length?: number;
  /** How often a cell is read before it begins to change. Default 0: it is never what was written. */
  readonly after?: number;
}

/**
 * A peer that puts something else into a cell at each read, as the DMA read hooks of QEMU's
 * `generic-fuzz` do.
 *
 * @param options Which bytes, and from which read on.
 * @returns The change.
 */
export function refilled(options: RefillOptions): Change {
  const { random, offset: start = 0, length = Infinity, after = 0 } = options;
  return ({ offset, earlier }) =>
    offset >= start && offset < start + length && earlier >= after ? random.next32() : undefined;
}
