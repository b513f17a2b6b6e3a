import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { unexpectedErrors } from "../libc/unexpected_errors.ts";

/** A word to sleep on. */
export interface FutexWaiter {
  /** Where it lies: mapped, and a multiple of 4. */
  readonly address: number;
  /** Sleeps only where the word is this. */
  readonly expected: number;
}

/**
 * How a sleep on several words ended: one was woken, and others may have been at the same moment;
 * one was another at first; time was up; or this kernel cannot do it.
 */
export type WaitvOutcome = number | "not-equal" | "timed-out" | "unsupported";

/** `struct futex_waitv` in 32-bit words: val (64 bits), uaddr (64 bits), flags, reserved. */
const WAITER_WORDS = 6;

/**
 * Makes sleeping on several words at once: futex_waitv(2), Linux 5.16 and newer.
 *
 * @param libc The C library.
 * @returns Sleeps on up to `FUTEX_WAITV_MAX` words for a number of milliseconds, and blocks this
 *   thread meanwhile.
 */
export function futexWaitv(
  libc: Libc,
): (waiters: readonly FutexWaiter[], milliseconds: number) => WaitvOutcome {
  const waiterBytes = new Uint8Array(LINUX.FUTEX_WAITV_MAX * WAITER_WORDS * 4);
  const waiterWords = new Uint32Array(waiterBytes.buffer);
  const timeBytes = new Uint8Array(16);
  const time = new BigInt64Array(timeBytes.buffer);
  const errors = unexpectedErrors("Sleep on words of shared memory");

  return (waiters, milliseconds) => {
    waiters.forEach(({ address, expected }, index) => {
      waiterWords.set(
        [expected, 0, address, Math.floor(address / 2 ** 32), LINUX.FUTEX_32, 0],
        index * WAITER_WORDS,
      );
    });
    libc.clockGettime(LINUX.CLOCK_MONOTONIC, timeBytes);
    const end = time[0]! * 1_000_000_000n + time[1]! + BigInt(Math.ceil(milliseconds * 1e6));
    time[0] = end / 1_000_000_000n;
    time[1] = end % 1_000_000_000n;
    const woken = libc.futexWaitv(waiterBytes, waiters.length, timeBytes, LINUX.CLOCK_MONOTONIC);
    const errno = woken >= 0 ? 0 : libc.errno();
    switch (errno) {
      case 0:
        errors.expected();
        return woken;
      case LINUX.EAGAIN:
        errors.expected();
        return "not-equal";
      case LINUX.ETIMEDOUT:
      case LINUX.EINTR:
        errors.expected();
        return "timed-out";
      // The second is what a sandbox answers to a call that it does not know.
      case LINUX.ENOSYS:
      case LINUX.EPERM:
        return "unsupported";
      default:
        errors.unexpected(errno);
        return "timed-out";
    }
  };
}
