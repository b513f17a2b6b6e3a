import { MetalError } from "../error.ts";
import type { Clock } from "./clock.ts";
import { hostClock } from "./host_clock.ts";

/** The longest sleep, 24.8 days: what the timers of every host take. */
const LONGEST = 2 ** 31 - 1;

/** What {@linkcode sleep} takes. */
export interface SleepOptions {
  /** Measures the time. Default: {@linkcode hostClock}. */
  readonly clock?: Clock | undefined;
  /** Ends the sleep early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sleeps, and leaves the event loop its turns meanwhile. Upstream: `metal_sleep_usec`, which blocks;
 * that is {@linkcode blockingSleep}.
 *
 * @param milliseconds How long, 0 to 2^31 - 1, with fractions.
 * @param options The clock, and a signal that ends it early.
 * @throws {MetalError} `INVALID_ARGUMENT` for any other time; `ABORTED` by the signal, whose reason is
 *   the cause.
 *
 * @example
 * ```ts
 * import { hostClock, sleep } from "@openamp/libmetal";
 *
 * const before = hostClock.now();
 * await sleep(20);
 * if (hostClock.now() - before < 19) throw new Error("It was too short");
 * ```
 */
export async function sleep(milliseconds: number, options: SleepOptions = {}): Promise<void> {
  checkTime(milliseconds);
  const { clock = hostClock, signal } = options;
  if (signal?.aborted === true) throw aborted(milliseconds, signal);
  await new Promise<void>((resolve, reject) => {
    const timer = clock.after(milliseconds, () => {
      signal?.removeEventListener("abort", end);
      resolve();
    });
    function end(): void {
      timer.cancel();
      if (signal !== undefined) reject(aborted(milliseconds, signal));
    }
    signal?.addEventListener("abort", end, { once: true });
  });
}

/**
 * Sleeps, and blocks this thread meanwhile: for Workers, and for programs that do nothing else.
 * Upstream: `metal_sleep_usec`.
 *
 * @param milliseconds How long, 0 to 2^31 - 1, with fractions.
 * @throws {MetalError} `INVALID_ARGUMENT` for any other time; `UNSUPPORTED` on a thread that must not
 *   block, as the main thread of a browser.
 */
export function blockingSleep(milliseconds: number): void {
  checkTime(milliseconds);
  // Nobody else has this word: only the time can end the sleep.
  const word = new Int32Array(new SharedArrayBuffer(4));
  try {
    Atomics.wait(word, 0, 0, milliseconds);
  } catch (cause) {
    throw new MetalError(
      "UNSUPPORTED",
      `Sleep for ${milliseconds} ms: this thread must not block; use sleep, or a Worker`,
      { cause },
    );
  }
}

function checkTime(milliseconds: number): void {
  if (milliseconds >= 0 && milliseconds <= LONGEST) return;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `Sleep for ${milliseconds} ms: that is not within 0 to 2^31 - 1`,
  );
}

function aborted(milliseconds: number, { reason: cause }: AbortSignal): MetalError {
  return new MetalError("ABORTED", `Sleep for ${milliseconds} ms: aborted`, { cause });
}
