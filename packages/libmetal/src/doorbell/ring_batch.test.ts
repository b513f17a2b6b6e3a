import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RingBatch } from "./ring_batch.ts";

function told(batch: RingBatch): readonly (number | undefined)[] {
  const ids: (number | undefined)[] = [];
  batch.tell((id) => ids.push(id));
  return ids;
}

test("each id is told once, in the order in which they came first, and then no more", () => {
  const batch = new RingBatch();
  for (const id of [7, 0, 7, 0xffffffff, 0]) batch.add(id);
  expect(told(batch)).toEqual([7, 0, 0xffffffff]);
  expect(told(batch)).toEqual([]);
  batch.add(7);
  expect(told(batch)).toEqual([7]);
});

test("a ring without an id, and more than eight rings, mean everything", () => {
  const batch = new RingBatch();
  batch.add(1);
  batch.add(undefined);
  expect(told(batch)).toEqual([undefined]);
  for (let ring = 0; ring < 9; ring++) batch.add(1);
  expect(told(batch)).toEqual([undefined]);
});

test("nothing that was added is left out, and never more than eight are told", () => {
  const id = fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(id, { maxLength: 100 }), (added) => {
      const batch = new RingBatch();
      for (const each of added) batch.add(each);
      const ids = told(batch);
      expect(ids.length).toBeLessThanOrEqual(8);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length > 0).toBe(added.length > 0);
      expect(ids.includes(undefined) || added.every((each) => ids.includes(each))).toBe(true);
    }),
  );
});

test("those behind one that throws are told as well", () => {
  const batch = new RingBatch();
  batch.add(1);
  batch.add(2);
  const ids: (number | undefined)[] = [];
  expect(() =>
    batch.tell((id) => {
      ids.push(id);
      throw new Error(`Ring ${id}`);
    }),
  ).toThrow("Ring 1");
  expect(ids).toEqual([1, 2]);
});
