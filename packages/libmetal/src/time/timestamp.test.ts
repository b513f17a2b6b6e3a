import { type Clock, timestamp } from "@openamp/libmetal";
import { expect, test } from "vitest";

test.each([
  [0, 0n],
  [0.000001, 1n],
  [1.5, 1_500_000n],
  [1234.000567, 1_234_000_567n],
  [2 ** 40 + 0.25, 1_099_511_627_776_250_000n],
])("%d ms are %d ns", (milliseconds, nanoseconds) => {
  const clock: Clock = { now: () => milliseconds, after: () => ({ cancel() {} }) };
  expect(timestamp(clock)).toBe(nanoseconds);
});

test("the time of the host gets on, and never goes back", () => {
  const first = timestamp();
  let last = first;
  for (let look = 0; look < 1_000_000 && last === first; look++) {
    const next = timestamp();
    expect(next >= last).toBe(true);
    last = next;
  }
  expect(last > first).toBe(true);
});
