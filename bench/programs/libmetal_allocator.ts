// The allocator of a shared region: nanoseconds of a pair of allocate and free with so many live
// blocks, and of the same with 10, in turns in one process: `libmetal_allocator.ts LIVE`.

import process from "node:process";
import {
  bufferMemory,
  formatHeap,
  HEAP_CONSTANTS,
  type HeapLock,
  type SharedHeap,
} from "@openamp/libmetal";
import { answer } from "./answer.ts";
import { chunkTimes } from "./chunk_times.ts";

/** Pairs between two looks at the clock. */
const PAIRS = 2000;
/** Sizes in turn, so that a pair meets the lists of several classes. */
const SIZES = [24, 40, 100, 200, 500, 1000];

/** The time of the lock is the lock's row: this one is taken for nothing. */
const lock: HeapLock = {
  acquire: () => "acquired",
  acquireAsync: async () => "acquired",
  release: () => {},
};

/**
 * A heap with blocks in use, and free pieces between them.
 *
 * @param live How many blocks are in use.
 */
function fragmentedHeap(live: number): SharedHeap {
  const largest = SIZES.at(-1) ?? 0;
  const buffer = new SharedArrayBuffer(HEAP_CONSTANTS.first + (2 * live + 64) * (largest + 32));
  const memory = bufferMemory({ name: `${live} blocks`, physicalAddress: 0, buffer });
  const heap = formatHeap(memory, { lock, owner: 1 });
  const blocks = Array.from({ length: 2 * live }, (_, index) =>
    heap.allocate(SIZES[index % SIZES.length] ?? 0),
  );
  for (let index = 0; index < blocks.length; index += 2) heap.free(blocks[index] ?? 0);
  return heap;
}

function pairs(heap: SharedHeap): void {
  for (let pair = 0; pair < PAIRS; pair++)
    heap.free(heap.allocate(SIZES[pair % SIZES.length] ?? 0));
}

const many = { heap: fragmentedHeap(Number(process.argv[2] ?? 100_000)), times: chunkTimes() };
const few = { heap: fragmentedHeap(10), times: chunkTimes() };

await answer((milliseconds) => {
  const end = performance.now() + milliseconds;
  let from = performance.now();
  while (from < end) {
    for (const { heap, times } of [many, few]) {
      pairs(heap);
      const to = performance.now();
      times.add(to - from);
      from = to;
    }
  }
  return [many.times.median() / PAIRS, few.times.median() / PAIRS];
});
