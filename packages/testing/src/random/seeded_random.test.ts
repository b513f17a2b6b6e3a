import { expect, test } from "vitest";

import { seededRandom, xoshiro128 } from "./seeded_random.ts";
import type { XoshiroState } from "./seeded_random.ts";

/** The generator again, in arithmetic of unlimited width, from its published description. */
function* reference(state: XoshiroState): Generator<number> {
  const mask = 0xffffffffn;
  const rotate = (word: bigint, bits: bigint): bigint =>
    ((word << bits) | (word >> (32n - bits))) & mask;
  let [a, b, c, d] = [BigInt(state[0]), BigInt(state[1]), BigInt(state[2]), BigInt(state[3])];
  for (;;) {
    yield Number((rotate((b * 5n) & mask, 7n) * 9n) & mask);
    const shifted = (b << 9n) & mask;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11n);
  }
}

test("xoshiro128** gives the numbers of its description", () => {
  const states: readonly XoshiroState[] = [
    [1, 2, 3, 4],
    [0xffffffff, 0x80000000, 0, 0x12345678],
  ];
  for (const state of states) {
    const next = xoshiro128(state);
    const expected = reference(state);
    for (let step = 0; step < 1000; step++) expect(next()).toBe(expected.next().value);
  }
});

function draw(seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: 8 }, () => random.next32());
}

test("the same seed gives the same numbers, another seed others", () => {
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(0).some((word) => word !== 0)).toBe(true);
});

test("below and between reach each number about as often, and no other", () => {
  const random = seededRandom(3);
  const counts = new Map<number, number>();
  for (let round = 0; round < 6000; round++) {
    const value = random.between(5, 10);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10]);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200);
  expect(random.below(1)).toBe(0);
  expect(random.below(0x100000000)).toBeGreaterThanOrEqual(0);
  for (const limit of [0, -1, 1.5, 0x100000001, Number.NaN]) {
    expect(() => random.below(limit)).toThrow(/limit is not within/u);
  }
});

test("below throws the cut share back: 3 * 2^30 comes out as even thirds", () => {
  const random = seededRandom(9);
  let first = 0;
  for (let round = 0; round < 3000; round++) {
    if (random.below(3 * 2 ** 30) < 2 ** 30) first++;
  }
  // Without the rejection the first third would come in half of the draws.
  expect(Math.abs(first - 1000)).toBeLessThan(150);
});

test("chance, pick, shuffle and fillBytes", () => {
  const random = seededRandom(4);
  for (let round = 0; round < 100; round++) {
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
  }
  const values = Array.from({ length: 32 }, (_, index) => index);
  expect(values).toContain(random.pick(values));
  const shuffled = random.shuffle(values);
  expect(shuffled).not.toEqual(values);
  expect(shuffled.sort((a, b) => a - b)).toEqual(values);
  expect(() => random.pick([])).toThrow(/limit is not within/u);
  const bytes = random.fillBytes(new Uint8Array(64));
  expect(new Set(bytes).size).toBeGreaterThan(32);
});
