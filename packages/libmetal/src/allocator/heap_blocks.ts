import type { SharedWords } from "../memory/shared_words.ts";
import { type BlockChain, isUsed, sizeOf } from "./block_chain.ts";
import { FreeIndex } from "./free_index.ts";
import { HEAP_CONSTANTS, HEAP_LAYOUTS } from "./heap_layout.ts";
import { repairHeap } from "./repair.ts";

const { first: FIRST, minimum: MINIMUM, granule: GRANULE } = HEAP_CONSTANTS;
const { fields: HEADER } = HEAP_LAYOUTS.header;
const BLOCK_SIZE = HEAP_LAYOUTS.block.size;

/** A block that is in use. */
export interface HeapBlock {
  /** Where it starts, as `allocate` has returned it. */
  readonly offset: number;
  /** Bytes that it has; as many as were asked for, or a few more. */
  readonly size: number;
  /** Who allocated it. */
  readonly owner: number;
}

/** What a heap has counted. Bytes include the 16 bytes of each block's header. */
export interface HeapStatistics {
  /** Bytes that blocks can take in all. */
  readonly capacity: number;
  /** Bytes in use. */
  readonly liveBytes: number;
  /** Blocks in use. */
  readonly liveBlocks: number;
  /** Bytes not in use. */
  readonly freeBytes: number;
  /** The pieces that these are in. */
  readonly freeBlocks: number;
  /** The most bytes that the next `allocate` is sure to get, its header not included. */
  readonly largestFree: number;
  /** The most bytes that were ever in use. */
  readonly peakBytes: number;
  /** Allocations that found no room; starts again at 2^32. */
  readonly failed: number;
  /** How often the heap was repaired; starts again at 2^32. */
  readonly repairs: number;
}

/**
 * The blocks of a heap, their index and their counts, for whoever holds the lock. Between two calls all
 * three agree, and `pending` is 0.
 */
export class HeapBlocks {
  readonly #words: SharedWords;
  readonly #chain: BlockChain;
  readonly #index: FreeIndex;

  /**
   * @param words The heap.
   * @param chain Its blocks, as its header has them.
   */
  constructor(words: SharedWords, chain: BlockChain) {
    this.#words = words;
    this.#chain = chain;
    this.#index = new FreeIndex(words, chain);
  }

  /** Whether an operation was begun and not ended. */
  get pending(): boolean {
    return this.#words.get32(HEADER.pending.offset) !== 0;
  }

  /** Bytes that the next block is sure to get. */
  get largest(): number {
    return Math.max(0, this.#index.largest() - BLOCK_SIZE);
  }

  /** Makes index and counts anew. */
  repair(): void {
    repairHeap(this.#words, this.#chain, this.#index);
  }

  /** Looks at a block that a caller names. */
  block(offset: number): HeapBlock {
    const start = offset - BLOCK_SIZE;
    const word = this.#chain.readNamed(start, "Look at block");
    return { offset, size: sizeOf(word) - BLOCK_SIZE, owner: this.#chain.owner(start) };
  }

  /** Lists the blocks in use: all, or those of one owner. */
  list(owner: number | undefined): readonly HeapBlock[] {
    const found: HeapBlock[] = [];
    const chain = this.#chain;
    for (let start: number = FIRST; start < chain.end;) {
      const word = chain.read(start);
      const size = sizeOf(word);
      const whose = chain.owner(start);
      if (isUsed(word) && (owner === undefined || whose === owner)) {
        found.push({ offset: start + BLOCK_SIZE, size: size - BLOCK_SIZE, owner: whose });
      }
      start += size;
    }
    return found;
  }

  /** Frees the blocks of one owner, and returns how many they were. */
  reclaim(owner: number): number {
    let freed = 0;
    const chain = this.#chain;
    for (let start: number = FIRST; start < chain.end;) {
      const word = chain.read(start);
      let next = start + sizeOf(word);
      if (isUsed(word) && chain.owner(start) === owner) {
        next = this.#giveBack(start, "Reclaim block");
        freed++;
      }
      start = next;
    }
    return freed;
  }

  /** Gives the block that a caller names back. */
  free(offset: number): void {
    this.#giveBack(offset - BLOCK_SIZE, "Free block");
  }

  /** What was counted. */
  statistics(): HeapStatistics {
    const words = this.#words;
    const capacity = this.#chain.end - FIRST;
    const liveBytes = words.get32(HEADER.live_bytes.offset);
    const liveBlocks = words.get32(HEADER.live_blocks.offset);
    const freeBytes = capacity - liveBytes;
    const freeBlocks = words.get32(HEADER.free_blocks.offset);
    const peakBytes = words.get32(HEADER.peak_bytes.offset);
    if (
      liveBlocks * MINIMUM > liveBytes ||
      freeBlocks * MINIMUM > freeBytes ||
      peakBytes < liveBytes ||
      peakBytes > capacity
    ) {
      throw this.#chain.corrupt("what it has counted is impossible");
    }
    return {
      capacity,
      liveBytes,
      liveBlocks,
      freeBytes,
      freeBlocks,
      largestFree: this.largest,
      peakBytes,
      failed: words.get32(HEADER.failed.offset),
      repairs: words.get32(HEADER.repairs.offset),
    };
  }

  /**
   * Takes a block, or counts that there is none.
   *
   * @param size Bytes, 1 and up.
   * @param alignment A power of two, 16 and up.
   * @param owner Whose it is.
   * @returns Its offset, or undefined.
   */
  take(size: number, alignment: number, owner: number): number | undefined {
    const words = this.#words;
    const needed = Math.max(MINIMUM, roundUp(size + BLOCK_SIZE, GRANULE));
    // Behind what lies in front of an aligned block there must be room for a header.
    const slack = alignment === GRANULE ? 0 : alignment + GRANULE;
    let block = this.#index.find(needed + slack);
    if (block === 0) {
      words.set32(HEADER.failed.offset, words.get32(HEADER.failed.offset) + 1);
      return undefined;
    }
    const chain = this.#chain;
    const word = chain.read(block);
    let available = sizeOf(word);
    if (isUsed(word) || available < needed + slack) {
      throw chain.corrupt(`the block at ${block} is not the free one of its index`);
    }

    words.store32(HEADER.pending.offset, 1);
    this.#index.remove(block, available);
    const gap = alignment === GRANULE ? 0 : gapBefore(block, alignment);
    if (gap > 0) {
      this.#split(block, gap, available, false);
      this.#index.insert(block, gap);
      this.#count(HEADER.free_blocks.offset, 1);
      block += gap;
      available -= gap;
    }
    chain.setOwner(block, owner);
    let taken = available;
    if (available - needed >= MINIMUM) {
      this.#split(block, needed, available, true);
      this.#index.insert(block + needed, available - needed);
      taken = needed;
    } else {
      chain.commit(block, available, true);
      this.#count(HEADER.free_blocks.offset, -1);
    }
    this.#count(HEADER.live_blocks.offset, 1);
    const live = this.#count(HEADER.live_bytes.offset, taken);
    if (live > words.get32(HEADER.peak_bytes.offset)) words.set32(HEADER.peak_bytes.offset, live);
    words.store32(HEADER.pending.offset, 0);
    return block + BLOCK_SIZE;
  }

  /** Splits a block that is in no list: the part behind is free. */
  #split(block: number, front: number, size: number, used: boolean): void {
    const chain = this.#chain;
    const behind = block + front;
    chain.prepare(behind, size - front, block);
    chain.commit(block, front, used);
    chain.setPrevious(block + size, behind);
  }

  /**
   * Gives a block back.
   *
   * @returns Where the block behind the free piece starts.
   */
  #giveBack(start: number, action: string): number {
    const words = this.#words;
    const chain = this.#chain;
    const index = this.#index;
    const size = sizeOf(chain.readNamed(start, action));
    const next = start + size;
    const previous = chain.previous(start);
    let nextSize = 0;
    if (next < chain.end) {
      const nextWord = chain.read(next);
      if (chain.previous(next) !== start) {
        throw chain.corrupt(`the block at ${next} does not follow the one at ${start}`);
      }
      if (!isUsed(nextWord)) nextSize = sizeOf(nextWord);
    }

    words.store32(HEADER.pending.offset, 1);
    chain.commit(start, size, false);
    let free = start;
    let total = size;
    let freeBlocks = 1;
    if (nextSize > 0) {
      index.remove(next, nextSize);
      total += nextSize;
      this.#swallow(next, start, total);
      freeBlocks--;
    }
    if (previous !== 0) {
      const previousWord = chain.read(previous);
      if (!isUsed(previousWord)) {
        index.remove(previous, sizeOf(previousWord));
        total += start - previous;
        this.#swallow(start, previous, total);
        free = previous;
        freeBlocks--;
      }
    }
    const behind = free + total;
    chain.setPrevious(behind, free);
    index.insert(free, total);
    this.#count(HEADER.free_blocks.offset, freeBlocks);
    this.#count(HEADER.live_blocks.offset, -1);
    this.#count(HEADER.live_bytes.offset, -size);
    words.store32(HEADER.pending.offset, 0);
    return behind;
  }

  /** Lets a free block grow over the header of the one behind it. */
  #swallow(header: number, front: number, total: number): void {
    this.#chain.commit(front, total, false);
    this.#chain.invert(header);
  }

  #count(offset: number, difference: number): number {
    const count = this.#words.get32(offset) + difference;
    this.#words.set32(offset, count);
    return count;
  }
}

/** What has to lie in front of the header of an aligned block: nothing, or room for a free block. */
function gapBefore(block: number, alignment: number): number {
  const start = block + BLOCK_SIZE;
  const gap = roundUp(start, alignment) - start;
  return gap > 0 && gap < MINIMUM ? gap + alignment : gap;
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
