import type { FutexOutcome } from "../../lock/futex.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";
import { unexpectedErrors } from "../libc/unexpected_errors.ts";

/** The most sleepers that one wake wakes: `INT_MAX`. */
const MOST_WOKEN = 2 ** 31 - 1;

/** Sleeping on and waking of words by their addresses, as futex(2) has it. */
export interface FutexWords {
  /**
   * Sleeps once, and blocks this thread meanwhile.
   *
   * @param address Where the word lies: mapped, and a multiple of 4.
   * @param expected Sleeps only where the word is this.
   * @param milliseconds How long at most. A signal may end it earlier: it has `timed-out` then.
   * @returns How it ended.
   */
  wait(address: number, expected: number, milliseconds: number): FutexOutcome;
  /**
   * Wakes those who sleep on a word.
   *
   * @param address Where it lies.
   * @param count How many at most.
   * @returns How many were woken.
   */
  wake(address: number, count: number): number;
}

/**
 * Makes sleeping and waking by address.
 *
 * @param libc The C library.
 */
export function futexWords(libc: Libc): FutexWords {
  // A struct timespec: two numbers of 64 bits, seconds and nanoseconds.
  const bytes = new Uint8Array(16);
  const time = new Uint32Array(bytes.buffer);
  const errors = unexpectedErrors("Sleep on a word of shared memory");

  return {
    wait(address, expected, milliseconds) {
      time[0] = milliseconds / 1000;
      time[2] = (milliseconds % 1000) * 1e6;
      const slept = libc.futex(address, LINUX.FUTEX_WAIT, expected, bytes);
      const errno = slept === 0 ? 0 : libc.errno();
      switch (errno) {
        case 0:
        case LINUX.EAGAIN:
        case LINUX.ETIMEDOUT:
        case LINUX.EINTR:
          errors.expected();
          break;
        default:
          errors.unexpected(errno);
      }
      if (slept === 0) return "ok";
      return errno === LINUX.EAGAIN ? "not-equal" : "timed-out";
    },
    wake(address, count) {
      // The time is not looked at.
      const woken = libc.futex(address, LINUX.FUTEX_WAKE, Math.min(count, MOST_WOKEN), bytes);
      if (woken === -1) throw systemError("Wake a word of shared memory", libc.errno());
      return woken;
    },
  };
}
