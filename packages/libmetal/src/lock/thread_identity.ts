/** The largest number of a thread: the word of a lock has 30 bits for it, as the kernel's has. */
export const MOST_TID: number = 2 ** 30 - 1;

/**
 * Who this thread is among those that share a lock, and whether another of them still lives.
 *
 * `threadIdentity` of `@openamp/libmetal/system` gives the operating system's, for threads of any
 * processes of one PID namespace. Between Workers of a browser give each thread a number of its own;
 * without `alive` the death of an owner is not noticed, and waits for it end with `TIMEOUT`.
 */
export interface ThreadIdentity {
  /** The number of this thread, 1 to 2^30 - 1: no two that live have the same. */
  readonly tid: number;
  /**
   * When this thread started, in any unit, 0 to 2^32 - 1: tells it from an earlier one of the same
   * number.
   */
  readonly startTime: number;
  /**
   * Whether a thread lives.
   *
   * @param tid Its number.
   * @param startTime When it started, or undefined where that is not known: then any thread of this
   *   number counts.
   */
  alive?(tid: number, startTime: number | undefined): boolean;
}
