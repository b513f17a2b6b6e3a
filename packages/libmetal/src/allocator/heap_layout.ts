/** Rows of size classes: sizes below 256 bytes, then one for each power of two up to 2^31. */
export const FIRST_LEVELS = 25;
/** Size classes of a row. */
export const SECOND_LEVELS = 16;

/**
 * What lies in shared memory for a heap: little-endian words of 32 bits; offsets and sizes are bytes,
 * multiples of 16, from the start of the memory. All of it is written by whoever holds the heap's
 * lock, and by nobody else.
 *
 * The truth is the chain of blocks: they lie one behind another, from `first` of the constants to
 * `end`, and `size_used` of a block says where the next one starts. A block is split and two are
 * merged by one store to a `size_used`, so that the chain can be walked whenever its writer dies:
 *
 * - **Split**: the header of the part behind is written whole, then the part in front shrinks.
 * - **Merge**: the block in front grows over the header behind it, whose `check` is then inverted.
 * - **Take, free**: bit 0 of `size_used` is set or cleared, in the same store that splits.
 *
 * All else is an index of the chain (lists of free blocks by size class, one bit for each list that
 * has a block, `previous`) or a count, which {@linkcode SharedHeap} makes anew from the chain when the
 * lock says that its last owner died, or `pending` is not 0.
 */
export const HEAP_LAYOUTS = {
  header: {
    name: "openamp_heap",
    source: "@openamp/libmetal",
    size: 1792,
    fields: {
      // Written when the heap is formatted, and never again; the magic last.
      magic: { offset: 0, size: 4 },
      version: { offset: 4, size: 4 },
      end: { offset: 8, size: 4 },
      seed: { offset: 12, size: 4 },
      // 1 while an operation is under way: what finds it so makes the index anew.
      pending: { offset: 16, size: 4 },
      live_bytes: { offset: 20, size: 4 },
      live_blocks: { offset: 24, size: 4 },
      free_blocks: { offset: 28, size: 4 },
      peak_bytes: { offset: 32, size: 4 },
      failed: { offset: 36, size: 4 },
      repairs: { offset: 40, size: 4 },
      // Bit n: row n of the size classes has a free block.
      rows: { offset: 44, size: 4 },
      reserved: { offset: 48, size: 16 },
      // A word a row, whose bit n says that class n of the row has a free block.
      classes: { offset: 64, size: 100 },
      reserved_2: { offset: 164, size: 28 },
      // The first free block of each class, or 0.
      heads: { offset: 192, size: 1600 },
    },
  },
  block: {
    name: "openamp_heap_block",
    source: "@openamp/libmetal",
    size: 16,
    fields: {
      // Bytes to the next block, this header included; bit 0: the block is in use.
      size_used: { offset: 0, size: 4 },
      // Follows from the offset and the seed; inverted where a block was swallowed by its neighbour.
      check: { offset: 4, size: 4 },
      // Who allocated it: a number of its choice, such as its thread's.
      owner: { offset: 8, size: 4 },
      // The block in front, or 0.
      previous: { offset: 12, size: 4 },
    },
  },
  /** Behind the header of a free block. */
  links: {
    name: "openamp_heap_links",
    source: "@openamp/libmetal",
    size: 8,
    fields: {
      next_free: { offset: 16, size: 4 },
      previous_free: { offset: 20, size: 4 },
    },
  },
} as const;

/** Numbers of the format. */
export const HEAP_CONSTANTS = {
  /** "HEAP" */
  magic: 0x50414548,
  /** In its place while the heap is formatted. */
  formatting: 0x54414d46,
  version: 1,
  /** Where the first block lies. */
  first: 1792,
  /** The smallest block: a header, and room for the links. */
  minimum: 32,
  /** What every offset and size is a multiple of. */
  granule: 16,
} as const;

/**
 * The check word of the block at an offset: what is no header, or lies elsewhere, does not have it.
 *
 * @param offset Where the header lies.
 * @param seed The heap's random number.
 */
export function checkWord(offset: number, seed: number): number {
  let word = Math.imul((offset >>> 4) ^ seed, 0x9e3779b1);
  word = Math.imul(word ^ (word >>> 15), 0x85ebca77);
  return (word ^ (word >>> 13)) >>> 0;
}
