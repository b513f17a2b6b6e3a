import { isBlank, readHeap } from "../../allocator/heap_header.ts";
import { openHeap } from "../../allocator/open_heap.ts";
import type { SharedHeap } from "../../allocator/shared_heap.ts";
import { createMutex } from "../../lock/mutex.ts";
import { MetalError } from "../../error.ts";
import type { Memory } from "../../memory/memory.ts";
import { subRegion } from "../../memory/sub_region.ts";
import { openFutex } from "../futex/open_futex.ts";
import { threadIdentity } from "../lock/thread_identity.ts";

/** Bytes at the end of the memory, in a cache line of their own: the mutex of the heap. */
const LOCK_SIZE = 64;
/** What a heap takes at the least, and its mutex. */
const MINIMUM = 2048;

/**
 * Joins the heap in a memory that processes share, or makes it where all is zeros. Its robust mutex
 * lies in the last 64 bytes of the memory: all processes map the same bytes, with the same size. The
 * owner of a block is the number of the thread that allocated it, gettid(2).
 *
 * @param memory Memory of `openSharedMemory`, `createSharedMemory` or `mapSharedFile`, of 2048 bytes
 *   and up, a multiple of 64.
 * @returns The heap, for this thread; each thread opens its own. Offsets of blocks are those of the
 *   memory.
 * @throws {MetalError} `INVALID_ARGUMENT` for a size, also where it is not the one that the heap was
 *   made with, and `OUT_OF_RANGE` where it is smaller: nothing has been touched then; `UNSUPPORTED` for memory that the operating
 *   system has not mapped; and what `openHeap` throws.
 *
 * @example
 * ```ts
 * import { createSharedMemory, mapSharedFile, openProcessHeap } from "@openamp/libmetal/system";
 *
 * const size = 0x10000;
 * using ours = await createSharedMemory({ size });
 * using theirs = await mapSharedFile({ path: ours.path, size });
 * const heap = await openProcessHeap(ours.memory);
 * const offset = heap.allocate(100);
 * ours.memory.write32(offset, 42);
 * // The other process is told the offset, and may free it.
 * if (theirs.memory.read32(offset) !== 42) throw new Error("Both see the same block");
 * heap.free(offset);
 * ```
 */
export async function openProcessHeap(memory: Memory): Promise<SharedHeap> {
  const { name, size } = memory;
  if (size < MINIMUM || size % LOCK_SIZE !== 0) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Open the heap in "${name}": ${size} bytes are not a multiple of ${LOCK_SIZE} from ${MINIMUM} on`,
    );
  }
  const [futex, identity] = [await openFutex(memory), await threadIdentity()];
  const offset = size - LOCK_SIZE;
  const blocks = subRegion(memory, { name, offset: 0, size: offset });
  // Before the mutex is touched, which in a memory of another size may lie in somebody's block.
  checkEnd(blocks, offset);
  const lock = createMutex({ memory, futex, identity, offset });
  const heap = openHeap(blocks, { lock, owner: identity.tid });
  // Another process may have made it since, under the mutex of another size.
  checkEnd(blocks, offset);
  return heap;
}

/** Refuses a heap that does not end where its mutex is looked for; one that is not made yet is none. */
function checkEnd(blocks: Memory, offset: number): void {
  if (isBlank(blocks)) return;
  const { end } = readHeap(blocks);
  if (end === offset) return;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `Open the heap in "${blocks.name}": it was made in ${end + LOCK_SIZE} bytes, and ` +
      `${offset + LOCK_SIZE} are mapped; map as many`,
  );
}
