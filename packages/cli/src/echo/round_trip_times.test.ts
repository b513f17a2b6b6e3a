import { expect, test } from "vitest";
import { formatTime, roundTripTimes } from "./round_trip_times.ts";

test("there are none of no times", () => {
  expect(roundTripTimes([])).toBeUndefined();
});

test("one time is all three", () => {
  expect(roundTripTimes([81.26])).toEqual({ min: 81.3, median: 81.3, p99: 81.3 });
});

test("median and p99 are by nearest rank, in whatever order the times come", () => {
  const times = Array.from({ length: 200 }, (_, index) => ((index * 7) % 200) + 1);
  expect(roundTripTimes(times)).toEqual({ min: 1, median: 100, p99: 198 });
  expect(roundTripTimes([3, 1, 2])).toEqual({ min: 1, median: 2, p99: 3 });
});

test("a time has one decimal and its unit", () => {
  expect(formatTime(81)).toBe("81.0 us");
});
