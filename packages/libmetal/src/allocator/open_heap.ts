import { MetalError } from "../error.ts";
import type { Memory } from "../memory/memory.ts";
import { HEAP_LAYOUTS } from "./heap_layout.ts";
import { isBlank, readHeap, writeHeap } from "./heap_header.ts";
import type { HeapLock } from "./heap_lock.ts";
import { SharedHeap } from "./shared_heap.ts";

const { pending: PENDING } = HEAP_LAYOUTS.header.fields;

/** What a heap needs. */
export interface HeapOptions {
  /** Its lock, which lies outside of it: the same for everybody who shares the heap. */
  readonly lock: HeapLock;
  /**
   * Who this is, for the blocks that it allocates: 1 to 2^32 - 1, such as the number of the thread.
   * A number may come again after its thread has ended: reclaim what it left before that.
   */
  readonly owner: number;
}

/**
 * Makes a heap, over whatever lies there.
 *
 * @param memory All of it becomes the heap: 1824 bytes and up. Take a part of a memory with
 *   `subRegion`, so that the lock lies beside it.
 * @param options The lock and the owner.
 * @returns The heap.
 * @throws {MetalError} `INVALID_ARGUMENT` for a memory that is too small, or the owner; and what the
 *   lock throws.
 */
export function formatHeap(memory: Memory, options: HeapOptions): SharedHeap {
  checkOwner(memory, options.owner);
  return locked(options.lock, () => {
    writeHeap(memory, randomWord());
    return attached(memory, options);
  });
}

/**
 * Joins a heap that somebody else has made.
 *
 * @param memory The same bytes, from the same start on.
 * @param options The same lock, and who this is.
 * @returns The heap.
 * @throws {MetalError} `CORRUPT` where there is no heap; `UNSUPPORTED` for one of another version;
 *   `OUT_OF_RANGE` where it is larger than the memory; `INVALID_ARGUMENT` for the owner.
 */
export function attachHeap(memory: Memory, options: HeapOptions): SharedHeap {
  checkOwner(memory, options.owner);
  return attached(memory, options);
}

/**
 * Joins the heap in a memory, or makes it where all is zeros: for processes that start in any order.
 *
 * @param memory All of it is the heap, as for {@linkcode formatHeap}.
 * @param options The lock and the owner.
 * @returns The heap.
 * @throws {MetalError} As {@linkcode attachHeap} and {@linkcode formatHeap}.
 *
 * @example
 * ```ts
 * import { bufferMemory, type HeapLock, openHeap } from "@openamp/libmetal";
 *
 * // Of one thread alone, which needs no lock. Processes share a Mutex.
 * const lock: HeapLock = {
 *   acquire: () => "acquired",
 *   acquireAsync: async () => "acquired",
 *   release: () => {},
 * };
 * const memory = bufferMemory({ name: "heap", physicalAddress: 0, buffer: new SharedArrayBuffer(0x10000) });
 * const heap = openHeap(memory, { lock, owner: 1 });
 * const offset = heap.allocate(100, { alignment: 64 });
 * memory.write32(offset, 42);
 * if (offset % 64 !== 0 || heap.statistics().liveBlocks !== 1) throw new Error("It is in use");
 * heap.free(offset);
 * ```
 */
export function openHeap(memory: Memory, options: HeapOptions): SharedHeap {
  checkOwner(memory, options.owner);
  return locked(options.lock, (ownerDied) => {
    if (isBlank(memory)) writeHeap(memory, randomWord());
    const heap = attached(memory, options);
    // The lock says so once: the next call of anybody repairs the heap.
    if (ownerDied) memory.words.store32(PENDING.offset, 1);
    return heap;
  });
}

function attached(memory: Memory, { lock, owner }: HeapOptions): SharedHeap {
  return new SharedHeap(memory, readHeap(memory), lock, owner);
}

function locked<Result>(lock: HeapLock, action: (ownerDied: boolean) => Result): Result {
  const how = lock.acquire();
  try {
    return action(how === "owner-died");
  } finally {
    lock.release();
  }
}

function checkOwner({ name }: Memory, owner: number): void {
  if (Number.isInteger(owner) && owner >= 1 && owner < 2 ** 32) return;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `Open the heap in "${name}": ${owner} is no owner from 1 to 2^32 - 1`,
  );
}

/** Tells the headers of this heap from those that an earlier one left in the same memory. */
function randomWord(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
