import { FIRST_LEVELS, SECOND_LEVELS } from "./heap_layout.ts";

/** The classes of free blocks: `row * 16 + column`. */
export const SIZE_CLASSES: number = FIRST_LEVELS * SECOND_LEVELS;

/** Up to here each size has a class of its own. */
const EXACT = 256;

/**
 * The class in which a free block of a size is kept, as in a two-level segregated fit (TLSF): a
 * sixteenth of the way to the next power of two.
 *
 * @param size Bytes: a multiple of 16, 32 to 2^32 - 16.
 */
export function classOf(size: number): number {
  if (size < EXACT) return size >>> 4;
  const log2 = 31 - Math.clz32(size);
  const column = (size >>> (log2 - 4)) & (SECOND_LEVELS - 1);
  return (log2 - 7) * SECOND_LEVELS + column;
}

/**
 * The lowest class of which every block has a size, so that the first one found will do.
 *
 * @param size Bytes: a multiple of 16, 32 and up.
 * @returns The class, which is {@linkcode SIZE_CLASSES} or more where no block is that large.
 */
export function classAbove(size: number): number {
  if (size < EXACT) return size >>> 4;
  if (size >= 2 ** 32) return SIZE_CLASSES;
  const step = 2 ** (31 - Math.clz32(size) - 4);
  const rounded = size + step - 16;
  return rounded >= 2 ** 32 ? SIZE_CLASSES : classOf(rounded);
}

/** The number of the lowest bit that is set in a word that is not 0. */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** The number of the highest bit that is set in a word that is not 0. */
export function highestBit(word: number): number {
  return 31 - Math.clz32(word);
}
