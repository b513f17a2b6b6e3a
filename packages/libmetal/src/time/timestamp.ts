import type { Clock } from "./clock.ts";
import { hostClock } from "./host_clock.ts";

/**
 * The time in nanoseconds since a fixed moment, as upstream's `metal_get_timestamp` counts it. What it
 * can tell apart is up to the clock: a browser rounds to 5 microseconds and more.
 *
 * Of another process, or of a program in C, the fixed moment is another; one that is the same for all
 * is `monotonicTimestamp` of `@openamp/libmetal/system`.
 *
 * @param clock The clock. Default: {@linkcode hostClock}.
 * @returns Nanoseconds.
 */
export function timestamp(clock: Clock = hostClock): bigint {
  const milliseconds = clock.now();
  // Apart, because nanoseconds of more than 104 days are no exact numbers.
  const whole = Math.floor(milliseconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6));
}
