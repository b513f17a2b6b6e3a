import type { WaitOptions } from "../time/clock.ts";
import { checkPlace, type LockPlace } from "./lock_place.ts";
import { MUTEX_DEPTH, MUTEX_SIZE } from "./lock_wire.ts";
import { OwnedLock } from "./owned_lock.ts";
import type { LockAcquisition } from "./owner_word.ts";

/** How a mutex behaves. */
export interface MutexOptions {
  /**
   * True: a thread that owns it may acquire it again, and releases it as often. Everyone who shares
   * it says the same. Default false.
   */
  readonly recursive?: boolean;
}

/**
 * A mutex in shared memory, between threads of any processes and runtimes. Upstream:
 * `metal_mutex_*`.
 *
 * It is owned by a thread, and through one handle of it. Robust: where its owner has died, by any
 * death at any instruction, the next one gets it all the same, and is told.
 *
 * The blocking forms are for Workers. Of the tasks of one thread each that calls `acquireAsync` gets
 * its turn by itself, in the order of the calls; a task that owns it keeps the others of its thread
 * out, also from a recursive mutex.
 *
 * Between threads it is not fair: whoever looks first gets it. Tasks of one thread hand it on among
 * themselves 16 times at most while another thread waits.
 */
export interface Mutex {
  /** True while anyone owns it. Upstream: `metal_mutex_is_acquired`. */
  readonly isAcquired: boolean;
  /** The number of the thread that owns it, or 0. */
  readonly owner: number;
  /** How many times this handle has acquired it and not released: 0 or 1, more where recursive. */
  readonly depth: number;
  /**
   * Acquires it where nobody owns it, or where its owner is dead: looked at once a millisecond at
   * most. Upstream: `metal_mutex_try_acquire`.
   *
   * @returns How it was got, or undefined where another owns it.
   * @throws {MetalError} `CLOSED`.
   */
  tryAcquire(): LockAcquisition | undefined;
  /**
   * Acquires it, and blocks this thread meanwhile: for Workers. Upstream: `metal_mutex_acquire`.
   *
   * @param timeout Milliseconds. Default 5000.
   * @returns How it was got.
   * @throws {MetalError} `TIMEOUT`; `DEADLOCK` where this thread owns it already; `CLOSED`;
   *   `UNSUPPORTED` on a thread that must not block.
   */
  acquire(timeout?: number): LockAcquisition;
  /**
   * Acquires it, and leaves the event loop its turns meanwhile.
   *
   * @param options For how long. Default 5000 milliseconds.
   * @returns How it was got.
   * @throws {MetalError} `TIMEOUT`, `ABORTED`, or `CLOSED` where the memory is closed before or
   *   meanwhile.
   */
  acquireAsync(options?: WaitOptions): Promise<LockAcquisition>;
  /**
   * Releases it. Upstream: `metal_mutex_release`.
   *
   * @throws {MetalError} `NOT_OWNER` where this handle has not acquired it; `CORRUPT` where the word
   *   names another though it has: somebody wrote there who does not obey the rules; `CLOSED`.
   */
  release(): void;
}

/**
 * Makes a handle of the mutex at a place. Each thread makes its own, once: it is kept as long as the
 * memory is open, like every handle of a lock. `LOCK_LAYOUTS` says what
 * lies there.
 *
 * @param place Where it lies: 16 bytes, all zero before the first use.
 * @param options How it behaves.
 * @returns The handle.
 * @throws {MetalError} `UNSUPPORTED` for device memory; `MISALIGNED`, `OUT_OF_RANGE` for the offset;
 *   `INVALID_ARGUMENT` for the identity or a futex of other memory.
 *
 * @example
 * ```ts
 * import { atomicsFutex, bufferMemory, createMutex } from "@openamp/libmetal";
 *
 * const buffer = new SharedArrayBuffer(64);
 * const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer });
 * const futex = atomicsFutex(memory);
 * const place = { memory, futex, offset: 0 };
 * const ours = createMutex({ ...place, identity: { tid: 1, startTime: 0 } });
 * const theirs = createMutex({ ...place, identity: { tid: 2, startTime: 0 } });
 *
 * await ours.acquireAsync();
 * if (theirs.tryAcquire() !== undefined) throw new Error("It is ours");
 * ours.release();
 * if (theirs.tryAcquire() !== "acquired") throw new Error("It is free");
 * ```
 */
export function createMutex(place: LockPlace, options: MutexOptions = {}): Mutex {
  const what = checkPlace(place, "mutex", MUTEX_SIZE);
  const depthIndex = (place.offset + MUTEX_DEPTH) >>> 2;
  return new OwnedLock(place, {
    what,
    spins: 0,
    ...(options.recursive === true && { depthIndex }),
  });
}
