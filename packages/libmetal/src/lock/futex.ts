import type { WaitOptions } from "../time/clock.ts";

/**
 * How a sleep on a word ended: it was woken (also by a wake that was meant for the sleep before),
 * the word was another at first, or time was up. As futex(2) and `Atomics.wait` have it.
 */
export type FutexOutcome = "ok" | "not-equal" | "timed-out";

/**
 * Sleep on a word of shared memory until somebody wakes its sleepers: what blocking locks, condition
 * variables and doorbells are made of.
 *
 * Two exist: over `Atomics`, for a `SharedArrayBuffer` that the Workers of one program share, and
 * over futex(2), for memory that processes share. The two do not wake each other's sleepers.
 *
 * A sleep may end early for no reason: look at the word again, in a loop.
 */
export interface Futex {
  /** The name of the memory, for messages. */
  readonly name: string;
  /** The words of the memory: word `index` lies at offset `4 * index`. */
  readonly words: Int32Array;
  /** True once the owner of the memory has closed it: its words are nobody's then. */
  readonly closed: boolean;
  /**
   * Sleeps, and blocks this thread meanwhile: for Workers.
   *
   * @param index Which word.
   * @param expected Sleeps only where the word is this.
   * @param timeout Milliseconds, 0 and up; more than 24.8 days count as that.
   * @returns How it ended.
   * @throws {MetalError} `UNSUPPORTED` on a thread that must not block, as the main thread of a
   *   browser; `CLOSED` after the memory was closed; `OUT_OF_RANGE` for a word that it has not;
   *   `INVALID_ARGUMENT` for the timeout.
   */
  wait(index: number, expected: number, timeout: number): FutexOutcome;
  /**
   * Sleeps, and leaves the event loop its turns meanwhile.
   *
   * @param index Which word.
   * @param expected Sleeps only where the word is this.
   * @param options For how long: `timeout` in milliseconds; an aborted `signal` ends it with `ABORTED`.
   * @returns How it ended.
   * @throws {MetalError} `ABORTED`, or `CLOSED` where the memory is closed before or meanwhile; the
   *   rest as `wait`.
   */
  waitAsync(
    index: number,
    expected: number,
    options: WaitOptions & { readonly timeout: number },
  ): Promise<FutexOutcome>;
  /**
   * Wakes those who sleep on a word.
   *
   * @param index Which word.
   * @param count How many at most.
   * @returns How many were woken, as far as it is known.
   * @throws {MetalError} `CLOSED` after the memory was closed; `OUT_OF_RANGE`.
   */
  wake(index: number, count: number): number;
}
