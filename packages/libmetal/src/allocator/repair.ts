import type { SharedWords } from "../memory/shared_words.ts";
import { type BlockChain, isUsed, sizeOf } from "./block_chain.ts";
import type { FreeIndex } from "./free_index.ts";
import { HEAP_CONSTANTS, HEAP_LAYOUTS } from "./heap_layout.ts";

const { first: FIRST } = HEAP_CONSTANTS;
const { fields: HEADER } = HEAP_LAYOUTS.header;

/**
 * Makes everything in a heap anew from the chain of its blocks, after a process has died in the
 * middle of an operation. Who dies in the middle of this leaves a heap that is repaired in the same
 * way: the chain is sound after each store.
 *
 * @param words The heap.
 * @param chain Its blocks.
 * @param index The index that is made anew.
 * @throws {MetalError} `CORRUPT` where the chain is broken, which no death can do.
 */
export function repairHeap(words: SharedWords, chain: BlockChain, index: FreeIndex): void {
  words.store32(HEADER.pending.offset, 1);
  index.clear();
  let liveBytes = 0;
  let liveBlocks = 0;
  let freeBlocks = 0;
  let previous = 0;
  for (let block: number = FIRST; block < chain.end;) {
    const word = chain.read(block);
    let size = sizeOf(word);
    chain.setPrevious(block, previous);
    if (isUsed(word)) {
      liveBytes += size;
      liveBlocks++;
    } else {
      size = mergeWithNext(chain, block, size);
      index.insert(block, size);
      freeBlocks++;
    }
    previous = block;
    block += size;
  }
  words.set32(HEADER.live_bytes.offset, liveBytes);
  words.set32(HEADER.live_blocks.offset, liveBlocks);
  words.set32(HEADER.free_blocks.offset, freeBlocks);
  const peak = words.get32(HEADER.peak_bytes.offset);
  // No block says what it was: where it cannot be, it starts again.
  if (peak < liveBytes || peak > chain.end - FIRST)
    words.set32(HEADER.peak_bytes.offset, liveBytes);
  words.set32(HEADER.repairs.offset, words.get32(HEADER.repairs.offset) + 1);
  words.store32(HEADER.pending.offset, 0);
}

/** Merges a free block with the free ones behind it: a death may have left two side by side. */
function mergeWithNext(chain: BlockChain, block: number, size: number): number {
  let merged = size;
  while (block + merged < chain.end) {
    const next = block + merged;
    const word = chain.read(next);
    if (isUsed(word)) break;
    merged += sizeOf(word);
    chain.commit(block, merged, false);
    chain.invert(next);
  }
  return merged;
}
