import { MetalError } from "../error.ts";
import type { WaitOptions } from "../time/clock.ts";
import { checkPlace, type LockPlace } from "./lock_place.ts";
import { MUTEX_SIZE, RWLOCK_READERS } from "./lock_wire.ts";
import type { LockAcquisition } from "./owner_word.ts";
import { SlottedReadWriteLock } from "./slotted_read_write_lock.ts";

/** Places for readers, where nothing else is said. */
const READERS = 32;

/** How a read-write lock is laid out. */
export interface ReadWriteLockOptions {
  /**
   * How many handles can read at once, 1 to 1024. Everyone who shares it says the same. Default 32.
   */
  readonly readers?: number;
}

/**
 * Many readers or one writer, in shared memory, between threads of any processes and runtimes.
 *
 * Writers go first: while one waits, no reader that comes gets in, so readers may starve where
 * writers never pause. A thread that reads must not acquire again for reading while it does, and
 * cannot become a writer.
 *
 * Robust as a mutex: where a writer has died, the next writer, and every reader until one comes, is
 * told. A reader that died is found by the writer that waits for it, and by a reader that needs its
 * place; it has changed nothing, so nobody is told.
 */
export interface ReadWriteLock {
  /** How many places readers have taken; some may be dead. */
  readonly readers: number;
  /** The number of the thread that writes, or waits to, or 0. */
  readonly writer: number;
  /**
   * Begins to read, where nobody writes or waits to, and a place is free.
   *
   * @returns How it was got, or undefined.
   * @throws {MetalError} `CLOSED`.
   */
  tryAcquireRead(): LockAcquisition | undefined;
  /**
   * Begins to read, and blocks this thread until it can: for Workers.
   *
   * @param timeout Milliseconds. Default 5000.
   * @returns How it was got: `owner-died` where the last writer died, and none came since.
   * @throws {MetalError} `TIMEOUT`; `DEADLOCK` where this handle writes; `CLOSED`; `UNSUPPORTED` on a
   *   thread that must not block.
   */
  acquireRead(timeout?: number): LockAcquisition;
  /**
   * Begins to read, and leaves the event loop its turns until it can.
   *
   * @param options For how long. Default 5000 milliseconds.
   * @returns How it was got.
   * @throws {MetalError} `TIMEOUT`, `ABORTED`, or `CLOSED`.
   */
  acquireReadAsync(options?: WaitOptions): Promise<LockAcquisition>;
  /**
   * Ends reading.
   *
   * @throws {MetalError} `NOT_OWNER` where this handle does not read; `CORRUPT` where its place is
   *   another's by now; `CLOSED`.
   */
  releaseRead(): void;
  /**
   * Begins to write, where nobody reads or writes.
   *
   * @returns How it was got, or undefined.
   * @throws {MetalError} `CLOSED`.
   */
  tryAcquireWrite(): LockAcquisition | undefined;
  /**
   * Begins to write, and blocks this thread until it can: for Workers.
   *
   * @param timeout Milliseconds. Default 5000.
   * @returns How it was got.
   * @throws {MetalError} `TIMEOUT`; `DEADLOCK` where this thread writes, or this handle reads; `CLOSED`;
   *   `UNSUPPORTED` on a thread that must not block.
   */
  acquireWrite(timeout?: number): LockAcquisition;
  /**
   * Begins to write, and leaves the event loop its turns until it can.
   *
   * @param options For how long. Default 5000 milliseconds.
   * @returns How it was got.
   * @throws {MetalError} `TIMEOUT`, `ABORTED`, or `CLOSED`.
   */
  acquireWriteAsync(options?: WaitOptions): Promise<LockAcquisition>;
  /**
   * Ends writing.
   *
   * @throws {MetalError} `NOT_OWNER` where this handle does not write; `CORRUPT` where the word names
   *   another though it does; `CLOSED`.
   */
  releaseWrite(): void;
}

/**
 * Bytes that a read-write lock takes.
 *
 * @param readers How many handles can read at once. Default 32.
 * @returns 24, and 16 for each reader.
 */
export function readWriteLockSize(readers: number = READERS): number {
  return RWLOCK_READERS + readers * MUTEX_SIZE;
}

/**
 * Makes a handle of the read-write lock at a place. Each thread makes its own, once.
 *
 * @param place Where it lies: `readWriteLockSize` bytes, all zero before the first use.
 * @param options How it is laid out.
 * @returns The handle.
 * @throws {MetalError} As `createMutex`.
 *
 * @example
 * ```ts
 * import { atomicsFutex, bufferMemory, createReadWriteLock } from "@openamp/libmetal";
 *
 * const buffer = new SharedArrayBuffer(1024);
 * const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer });
 * const place = { memory, futex: atomicsFutex(memory), offset: 0 };
 * const ours = createReadWriteLock({ ...place, identity: { tid: 1, startTime: 0 } });
 * const theirs = createReadWriteLock({ ...place, identity: { tid: 2, startTime: 0 } });
 * await ours.acquireReadAsync();
 * if (theirs.tryAcquireRead() === undefined) throw new Error("Two may read");
 * if (theirs.tryAcquireWrite() !== undefined) throw new Error("Nobody writes meanwhile");
 * ```
 */
export function createReadWriteLock(
  place: LockPlace,
  options: ReadWriteLockOptions = {},
): ReadWriteLock {
  const { readers = READERS } = options;
  if (!Number.isInteger(readers) || readers < 1 || readers > 1024) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Place a read-write lock in "${place.memory.name}": ${readers} readers are not 1 to 1024`,
    );
  }
  const what = checkPlace(place, "read-write lock", readWriteLockSize(readers));
  return new SlottedReadWriteLock(place, readers, what);
}
