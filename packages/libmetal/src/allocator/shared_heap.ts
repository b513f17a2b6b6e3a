import { isPowerOfTwo } from "../bits/align.ts";
import { MetalError } from "../error.ts";
import type { LockAcquisition } from "../lock/owner_word.ts";
import type { Memory } from "../memory/memory.ts";
import type { WaitOptions } from "../time/clock.ts";
import type { BlockChain } from "./block_chain.ts";
import { type HeapBlock, HeapBlocks, type HeapStatistics } from "./heap_blocks.ts";
import { HEAP_CONSTANTS } from "./heap_layout.ts";
import type { HeapLock } from "./heap_lock.ts";

const { granule: GRANULE } = HEAP_CONSTANTS;

/** How a block is to lie. */
export interface AllocateOptions {
  /** A power of two that its offset is a multiple of: 1 to 2^31. Default 16, and at least that. */
  readonly alignment?: number;
}

/**
 * Memory that several processes allocate from and free into: `metal_allocate_memory` for shared
 * memory. `openHeap`, `formatHeap` and `attachHeap` make one.
 *
 * A block is named by its offset in the memory, which is the same for all that share it: hand it to
 * another process, which may free it. An allocation takes the same time whether 10 or 100,000 blocks
 * are in use.
 *
 * A process that dies in the middle of a call, at any instruction, leaves a heap that the next call
 * of another one repairs; what it had allocated stays allocated, until somebody calls `reclaim` for
 * it. What others scribble over the heap is `CORRUPT` when it is met, and leads to no access outside
 * the memory and to no loop; `repair` mends all but the headers of blocks.
 *
 * The memory must be coherent for all that share the heap. Every call may throw what the lock throws.
 */
export class SharedHeap {
  readonly #blocks: HeapBlocks;
  readonly #lock: HeapLock;
  readonly #name: string;
  readonly #owner: number;

  /**
   * Of `openHeap`, `formatHeap` and `attachHeap` only.
   *
   * @internal
   * @param memory The memory.
   * @param chain Its blocks, as its header has them.
   * @param lock Its lock.
   * @param owner Who this is, for the blocks that it allocates.
   */
  constructor(memory: Memory, chain: BlockChain, lock: HeapLock, owner: number) {
    this.#blocks = new HeapBlocks(memory.words, chain);
    this.#lock = lock;
    this.#name = memory.name;
    this.#owner = owner;
  }

  /**
   * Allocates a block. Its bytes are what the last one who had them left there.
   *
   * @param size Bytes, 1 and up.
   * @param options How it is to lie.
   * @returns Its offset in the memory.
   * @throws {MetalError} `NO_SPACE` where no free piece is large enough; `INVALID_ARGUMENT`;
   *   `CORRUPT`.
   */
  allocate(size: number, options?: AllocateOptions): number {
    const alignment = this.#checkRequest(size, options);
    this.#enter(this.#lock.acquire());
    try {
      return this.#blocks.take(size, alignment, this.#owner) ?? this.#refuse(size);
    } finally {
      this.#lock.release();
    }
  }

  /**
   * The same, where a full heap is no error.
   *
   * @param size Bytes, 1 and up.
   * @param options How it is to lie.
   * @returns Its offset in the memory, or undefined where no free piece is large enough.
   * @throws {MetalError} `INVALID_ARGUMENT` or `CORRUPT`.
   */
  tryAllocate(size: number, options?: AllocateOptions): number | undefined {
    const alignment = this.#checkRequest(size, options);
    this.#enter(this.#lock.acquire());
    try {
      return this.#blocks.take(size, alignment, this.#owner);
    } finally {
      this.#lock.release();
    }
  }

  /**
   * Allocates a block without blocking this thread.
   *
   * @param size Bytes, 1 and up.
   * @param options How it is to lie, and how long to wait for the lock.
   * @returns Its offset in the memory.
   * @throws {MetalError} As `allocate`; `TIMEOUT` or `ABORTED` where the lock was not got.
   */
  async allocateAsync(size: number, options?: AllocateOptions & WaitOptions): Promise<number> {
    const alignment = this.#checkRequest(size, options);
    return this.#withLock(
      options,
      () => this.#blocks.take(size, alignment, this.#owner) ?? this.#refuse(size),
    );
  }

  /**
   * Frees a block, whoever has allocated it.
   *
   * @param offset As `allocate` has returned it.
   * @throws {MetalError} `NOT_OWNER` where no block starts there, or it was freed before; `CORRUPT`.
   */
  free(offset: number): void {
    this.#enter(this.#lock.acquire());
    try {
      this.#blocks.free(offset);
    } finally {
      this.#lock.release();
    }
  }

  /**
   * Frees a block without blocking this thread.
   *
   * @param offset As `allocate` has returned it.
   * @param options How long to wait for the lock.
   * @throws {MetalError} As `free`; `TIMEOUT` or `ABORTED` where the lock was not got.
   */
  async freeAsync(offset: number, options?: WaitOptions): Promise<void> {
    await this.#withLock(options, () => this.#blocks.free(offset));
  }

  /**
   * Looks at a block.
   *
   * @param offset As `allocate` has returned it.
   * @returns Its size, and who allocated it.
   * @throws {MetalError} `NOT_OWNER` where no block starts there, or it was freed before; `CORRUPT`.
   */
  block(offset: number): HeapBlock {
    this.#enter(this.#lock.acquire());
    try {
      return this.#blocks.block(offset);
    } finally {
      this.#lock.release();
    }
  }

  /**
   * Lists the blocks that are in use, by walking over all of them.
   *
   * @param owner Only those that it allocated. Default: all.
   * @returns The blocks, in the order in which they lie.
   * @throws {MetalError} `CORRUPT`.
   */
  blocks(owner?: number): readonly HeapBlock[] {
    this.#enter(this.#lock.acquire());
    try {
      return this.#blocks.list(owner);
    } finally {
      this.#lock.release();
    }
  }

  /**
   * Frees all blocks of an owner that is no more, by walking over all blocks. The caller knows that it
   * is no more, and that nobody else uses what it allocated.
   *
   * @param owner Whose.
   * @returns How many blocks were freed.
   * @throws {MetalError} `CORRUPT`.
   */
  reclaim(owner: number): number {
    this.#enter(this.#lock.acquire());
    try {
      return this.#blocks.reclaim(owner);
    } finally {
      this.#lock.release();
    }
  }

  /**
   * What the heap has counted.
   *
   * @throws {MetalError} `CORRUPT`.
   */
  statistics(): HeapStatistics {
    this.#enter(this.#lock.acquire());
    try {
      return this.#blocks.statistics();
    } finally {
      this.#lock.release();
    }
  }

  /**
   * Makes everything anew from the blocks' headers: after `CORRUPT`, where only the index was hit.
   *
   * @throws {MetalError} `CORRUPT` where the headers are hit: then only `formatHeap` helps.
   */
  repair(): void {
    this.#enter(this.#lock.acquire());
    try {
      this.#blocks.repair();
    } finally {
      this.#lock.release();
    }
  }

  /** After the lock was got. */
  #enter(how: LockAcquisition): void {
    if (how === "acquired" && !this.#blocks.pending) return;
    try {
      this.#blocks.repair();
    } catch (cause) {
      this.#lock.release();
      throw cause;
    }
  }

  async #withLock<Result>(options: WaitOptions | undefined, action: () => Result): Promise<Result> {
    this.#enter(await this.#lock.acquireAsync(options));
    try {
      return action();
    } finally {
      this.#lock.release();
    }
  }

  #checkRequest(size: number, options: AllocateOptions | undefined): number {
    const alignment = options?.alignment ?? GRANULE;
    if (!Number.isInteger(size) || size < 1) {
      throw new MetalError(
        "INVALID_ARGUMENT",
        `Allocate ${size} bytes of heap "${this.#name}": that is no number of bytes`,
      );
    }
    if (!isPowerOfTwo(alignment) || alignment > 2 ** 31) {
      throw new MetalError(
        "INVALID_ARGUMENT",
        `Allocate ${size} bytes of heap "${this.#name}": ` +
          `the alignment ${alignment} is no power of two from 1 to 2^31`,
      );
    }
    return alignment < GRANULE ? GRANULE : alignment;
  }

  #refuse(size: number): never {
    const { largest } = this.#blocks;
    throw new MetalError(
      "NO_SPACE",
      `Allocate ${size} bytes of heap "${this.#name}": the largest free piece has ${largest}`,
    );
  }
}
