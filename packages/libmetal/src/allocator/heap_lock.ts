import type { LockAcquisition } from "../lock/owner_word.ts";
import type { WaitOptions } from "../time/clock.ts";

/**
 * The lock of a heap: a `Mutex` over the same memory, outside of the heap. Everything that shares the
 * heap uses the same one.
 */
export interface HeapLock {
  /**
   * Takes the lock, and blocks this thread until it is free, with a limit.
   *
   * @returns `owner-died` where the last owner died with it: the heap is then repaired.
   */
  acquire(): LockAcquisition;
  /**
   * Takes the lock, and leaves the event loop its turns meanwhile.
   *
   * @param options For how long, and a signal that ends the wait.
   */
  acquireAsync(options?: WaitOptions): Promise<LockAcquisition>;
  /** Gives it back. */
  release(): void;
}
