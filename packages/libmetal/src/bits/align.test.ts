import {
  alignDown,
  alignUp,
  divRoundDown,
  divRoundUp,
  GB,
  isPowerOfTwo,
  log2,
  MB,
} from "@openamp/libmetal";
import { assert, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";

const MAXIMUM = Number.MAX_SAFE_INTEGER;

// As upstream's test of utilities; it expects of -10 / 3 what C does not give, and this does.
test("units, alignment and division give what upstream's test asks for", () => {
  expect([MB, GB]).toEqual([1024 * 1024, 1024 * 1024 * 1024]);
  expect([alignDown(10, 4), alignUp(10, 4)]).toEqual([8, 12]);
  expect([divRoundDown(10, 3), divRoundUp(10, 3)]).toEqual([3, 4]);
  expect([divRoundDown(-10, 3), divRoundUp(-10, 3)]).toEqual([-4, -3]);
});

/** Whether an alignment gives the multiple, or says that it is too large. */
function aligned(multiple: bigint, align: () => number): boolean {
  const fits = multiple <= BigInt(MAXIMUM) && multiple >= -BigInt(MAXIMUM);
  try {
    return BigInt(align()) === multiple && fits;
  } catch (error) {
    return !fits && error instanceof Error && "code" in error && error.code === "OUT_OF_RANGE";
  }
}

test("they are exact over all whole numbers (as those without a limit say)", () => {
  const whole = integer({ min: -MAXIMUM, max: MAXIMUM });
  const positive = integer({ min: 1, max: MAXIMUM });
  const exact = property(whole, positive, (value, divisor) => {
    const [n, d] = [BigInt(value), BigInt(divisor)];
    const down = n / d - (n % d < 0n ? 1n : 0n);
    const up = down * d === n ? down : down + 1n;
    return (
      BigInt(divRoundDown(value, divisor)) === down &&
      BigInt(divRoundUp(value, divisor)) === up &&
      aligned(down * d, () => alignDown(value, divisor)) &&
      aligned(up * d, () => alignUp(value, divisor))
    );
  });
  expect(() => assert(exact, { numRuns: 5000 })).not.toThrow();
});

test("powers of two have a logarithm, and nothing else has", () => {
  for (let exponent = 0; exponent < 53; exponent++) {
    const power = 2 ** exponent;
    expect([isPowerOfTwo(power), log2(power)]).toEqual([true, exponent]);
    for (const other of [power + 1, power - 1, power * 3, -power]) {
      const isOther = other !== 1 && other !== 2;
      expect([other, isPowerOfTwo(other)]).toEqual([other, !isOther]);
    }
  }
  for (const none of [0, -0, -1, 3, 0.5, 1.5, NaN, Infinity, 2 ** 53, MAXIMUM]) {
    expect(isPowerOfTwo(none)).toBe(false);
    expect(() => log2(none)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  }
});

describe.each([
  ["alignUp", alignUp],
  ["alignDown", alignDown],
  ["divRoundUp", divRoundUp],
  ["divRoundDown", divRoundDown],
] as const)("%s", (_, call) => {
  test.each([
    [0.5, 4],
    [NaN, 4],
    [Infinity, 4],
    [2 ** 53, 4],
    [8, 0],
    [8, -4],
    [8, 0.5],
    [8, NaN],
    [8, Infinity],
    [8, 2 ** 53],
  ])("refuses %d and %d", (value, by) => {
    expect(() => call(value, by)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("takes negative zero for zero", () => {
    expect(call(-0, 4) === 0).toBe(true);
  });
});
