import { MetalError } from "../error.ts";
import type { WaitOptions } from "../time/clock.ts";
import { checkPlace, type LockPlace } from "./lock_place.ts";
import { MUTEX_SIZE } from "./lock_wire.ts";
import { OwnedLock } from "./owned_lock.ts";
import type { LockAcquisition } from "./owner_word.ts";

/** Looks at the word before the first sleep: some microseconds. */
const SPINS = 1000;

/** How a spinlock behaves. */
export interface SpinlockOptions {
  /** Looks at the word before it sleeps, 0 and up. Default 1000: some microseconds. */
  readonly spins?: number;
}

/**
 * A spinlock in shared memory, for what is done in a few microseconds. Upstream: `metal_spinlock_*`.
 *
 * It spins a bounded number of times, and then sleeps as a mutex does: where there are more threads
 * than processors, the owner needs the time. It is as robust as a mutex, never recursive, and has no
 * interrupts to disable.
 */
export interface Spinlock {
  /** True while anyone owns it. */
  readonly isAcquired: boolean;
  /** The number of the thread that owns it, or 0. */
  readonly owner: number;
  /**
   * Acquires it where nobody owns it, or where its owner is dead: looked at once a millisecond at
   * most.
   *
   * @returns How it was got, or undefined where another owns it.
   * @throws {MetalError} `CLOSED`.
   */
  tryAcquire(): LockAcquisition | undefined;
  /**
   * Acquires it: spins, then blocks this thread. For Workers. Upstream: `metal_spinlock_acquire`,
   * which spins for ever.
   *
   * @param timeout Milliseconds. Default 5000.
   * @returns How it was got.
   * @throws {MetalError} `TIMEOUT`; `DEADLOCK` where this thread owns it already; `CLOSED`;
   *   `UNSUPPORTED` on a thread that must not block.
   */
  acquire(timeout?: number): LockAcquisition;
  /**
   * Acquires it without spinning, and leaves the event loop its turns meanwhile.
   *
   * @param options For how long. Default 5000 milliseconds.
   * @returns How it was got.
   * @throws {MetalError} `TIMEOUT`, `ABORTED`, or `CLOSED`.
   */
  acquireAsync(options?: WaitOptions): Promise<LockAcquisition>;
  /**
   * Releases it. Upstream: `metal_spinlock_release`, which asks nobody whether it is his.
   *
   * @throws {MetalError} `NOT_OWNER` where this handle has not acquired it; `CORRUPT` where the word
   *   names another though it has; `CLOSED`.
   */
  release(): void;
}

/**
 * Makes a handle of the spinlock at a place. Each thread makes its own, once.
 *
 * @param place Where it lies: 16 bytes, all zero before the first use.
 * @param options How it behaves.
 * @returns The handle.
 * @throws {MetalError} As `createMutex`.
 *
 * @example
 * ```ts
 * import { atomicsFutex, bufferMemory, createSpinlock } from "@openamp/libmetal";
 *
 * const buffer = new SharedArrayBuffer(64);
 * const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer });
 * const identity = { tid: 1, startTime: 0 };
 * const lock = createSpinlock({ memory, futex: atomicsFutex(memory), identity, offset: 16 });
 * lock.acquire();
 * memory.write32(0, memory.read32(0) + 1);
 * lock.release();
 * if (lock.isAcquired) throw new Error("It was released");
 * ```
 */
export function createSpinlock(place: LockPlace, options: SpinlockOptions = {}): Spinlock {
  const what = checkPlace(place, "spinlock", MUTEX_SIZE);
  const { spins = SPINS } = options;
  if (!Number.isSafeInteger(spins) || spins < 0) {
    throw new MetalError("INVALID_ARGUMENT", `Place ${what}: ${spins} is no number of spins`);
  }
  return new OwnedLock(place, { what, spins });
}
