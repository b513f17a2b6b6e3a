/** Round trip times, in microseconds with one decimal. */
export interface RoundTripTimes {
  /** The least. */
  readonly min: number;
  /** Half of them took no longer. */
  readonly median: number;
  /** 99 of 100 took no longer. */
  readonly p99: number;
}

/**
 * Sums up round trip times. Median and p99 are times that were measured (nearest rank).
 *
 * @param times Microseconds, in any order.
 * @returns Undefined where there are none.
 */
export function roundTripTimes(times: readonly number[]): RoundTripTimes | undefined {
  const sorted = times.toSorted((left, right) => left - right);
  const [min] = sorted;
  if (min === undefined) return undefined;
  const rank = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] ?? min;
  return { min: rounded(min), median: rounded(rank(0.5)), p99: rounded(rank(0.99)) };
}

/**
 * A time as tables show it.
 *
 * @param microseconds The time.
 * @returns For example `81.3 us`.
 */
export function formatTime(microseconds: number): string {
  return `${microseconds.toFixed(1)} us`;
}

function rounded(microseconds: number): number {
  return Math.round(microseconds * 10) / 10;
}
