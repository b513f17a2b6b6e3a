import { MetalError } from "../error.ts";
import type { Memory } from "../memory/memory.ts";
import { BlockChain } from "./block_chain.ts";
import { FreeIndex } from "./free_index.ts";
import { HEAP_CONSTANTS, HEAP_LAYOUTS } from "./heap_layout.ts";

const { first: FIRST, minimum: MINIMUM, granule: GRANULE } = HEAP_CONSTANTS;
const { fields: HEADER, size: HEADER_SIZE } = HEAP_LAYOUTS.header;

/**
 * Whether a heap may be made where everything is left as it is: all is zeros where its header would
 * be, or a process died there while it made one. Asked by whoever holds the lock.
 */
export function isBlank({ words }: Memory): boolean {
  if (words.load32(HEADER.magic.offset) === HEAP_CONSTANTS.formatting) return true;
  for (let offset = 0; offset < HEADER_SIZE; offset += 4) {
    if (words.get32(offset) !== 0) return false;
  }
  return true;
}

/**
 * Writes a heap of one free block.
 *
 * @param memory All of it becomes the heap.
 * @param seed A random number of 32 bits.
 */
export function writeHeap(memory: Memory, seed: number): void {
  const { words, name } = memory;
  const end = endOf(memory);
  // Who attaches meanwhile finds no heap, rather than half of one.
  words.store32(HEADER.magic.offset, HEAP_CONSTANTS.formatting);
  words.fill(4, 0, HEADER_SIZE - 4);
  words.set32(HEADER.version.offset, HEAP_CONSTANTS.version);
  words.set32(HEADER.end.offset, end);
  words.set32(HEADER.seed.offset, seed);
  const chain = new BlockChain(words, name, end, seed);
  chain.prepare(FIRST, end - FIRST, 0);
  new FreeIndex(words, chain).insert(FIRST, end - FIRST);
  words.set32(HEADER.free_blocks.offset, 1);
  words.store32(HEADER.magic.offset, HEAP_CONSTANTS.magic);
}

/**
 * Reads what a heap's header says of its blocks.
 *
 * @param memory The memory.
 * @returns Its blocks.
 * @throws {MetalError} `CORRUPT` where no heap is there; `UNSUPPORTED` for another version;
 *   `OUT_OF_RANGE` where the heap is larger than the memory.
 */
export function readHeap(memory: Memory): BlockChain {
  const { words, name, size } = memory;
  const action = `Attach to the heap in "${name}"`;
  if (size < HEADER_SIZE || words.load32(HEADER.magic.offset) !== HEAP_CONSTANTS.magic) {
    throw new MetalError("CORRUPT", `${action}: there is none, or it is not formatted yet`);
  }
  const version = words.get32(HEADER.version.offset);
  if (version !== HEAP_CONSTANTS.version) {
    throw new MetalError(
      "UNSUPPORTED",
      `${action}: it has version ${version}, and this is for version ${HEAP_CONSTANTS.version}`,
    );
  }
  const end = words.get32(HEADER.end.offset);
  if (end < FIRST + MINIMUM || end % GRANULE !== 0) {
    throw new MetalError("CORRUPT", `${action}: it ends at ${end}, where no heap can end`);
  }
  if (end > size) {
    throw new MetalError("OUT_OF_RANGE", `${action}: it has ${end} bytes, and ${size} are mapped`);
  }
  return new BlockChain(words, name, end, words.get32(HEADER.seed.offset));
}

function endOf({ name, size }: Memory): number {
  // One granule less than 4 GiB: the end is a word of 32 bits.
  const end = Math.min(size - (size % GRANULE), 2 ** 32 - GRANULE);
  if (end >= FIRST + MINIMUM) return end;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `Format the heap in "${name}": it takes ${FIRST + MINIMUM} bytes at least, and ${size} are there`,
  );
}
