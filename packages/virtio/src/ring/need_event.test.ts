import { assert, integer, property } from "fast-check";
import { expect, test } from "vitest";

import { needEvent } from "./need_event.ts";

/** The indices of the entries from `before` up to `now`, by walking; all others are 0. */
function justPublished(before: number, distance: number): Uint8Array {
  const marks = new Uint8Array(65536);
  for (let step = 0; step < distance; step++) marks[(before + step) & 0xffff] = 1;
  return marks;
}

test("T23 §2.7.7.2: for every event index, asked for exactly when its entry was just published", () => {
  const distances = [...Array.from({ length: 34 }, (_, each) => each), 32767, 32768, 65534, 65535];
  let wrong = 0;
  for (const before of [0, 1, 32767, 65520, 65535]) {
    for (const distance of distances) {
      const marks = justPublished(before, distance);
      const now = (before + distance) & 0xffff;
      for (let event = 0; event <= 0xffff; event++) {
        if (needEvent(event, now, before) !== (marks[event] === 1)) wrong++;
      }
    }
  }
  expect(wrong).toBe(0);
});

test("T23 the answer depends on distances only, so what holds at one index holds at all", () => {
  const index = integer({ min: 0, max: 0xffff });
  const shifted = property(index, index, index, index, (event, now, before, by) => {
    const moved = (value: number): number => (value + by) & 0xffff;
    return needEvent(event, now, before) === needEvent(moved(event), moved(now), moved(before));
  });
  expect(() => assert(shifted, { numRuns: 2000 })).not.toThrow();
});
