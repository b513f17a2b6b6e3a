import { badAligns, badSizes } from "@openamp/testing";
import { describe, expect, test } from "vitest";

import { availableRingBytes, splitRingLayout, usedRingBytes } from "./split_ring_layout.ts";

const SIZES = Array.from({ length: 16 }, (_, power) => 1 << power);
const ALIGNS = Array.from({ length: 15 }, (_, power) => 4 << power);
const PLACE = { address: 0, length: 65536 };

test("the tables run over every size and alignment", () => {
  expect([SIZES[0], SIZES.at(-1)]).toEqual([1, 32768]);
  expect([ALIGNS[0], ALIGNS.at(-1)]).toEqual([4, 65536]);
});

test.each(SIZES)("§2.7.2: size %i with every alignment lies as vring_init() lays it", (size) => {
  for (const align of ALIGNS) {
    const layout = splitRingLayout(size, align);
    // The formula of vring_size(), by masks, where the code divides.
    const end = 16 * size + 4 + 2 * size + 2;
    const used = (end + align - 1) & ~(align - 1);
    expect(layout).toEqual({
      size,
      align,
      descriptors: 0,
      available: 16 * size,
      used,
      byteLength: used + 4 + 8 * size + 2,
    });
    expect(layout.available + availableRingBytes(size)).toBeLessThanOrEqual(layout.used);
    expect(layout.used + usedRingBytes(size)).toBe(layout.byteLength);
  }
});

test.each([
  [256, 4096, 0x2806],
  [512, 4096, 16390],
  [256, 16, 6678],
  [16, 4, 430],
  [8, 16, 230],
  [8, 4096, 4166],
])("size %i aligned to %i takes %i bytes, as measured of the C host", (size, align, bytes) => {
  expect(splitRingLayout(size, align).byteLength).toBe(bytes);
});

describe("T19 queue sizes that are none", () => {
  test.each(badSizes(PLACE))("$name is refused", ({ size, align, refusal }) => {
    expect(() => splitRingLayout(size, align)).toThrow(expect.objectContaining({ code: refusal }));
  });

  test("of all 16-bit sizes, sixteen are taken", () => {
    const taken = Array.from({ length: 65536 }, (_, size) => size).filter((size) => {
      try {
        return splitRingLayout(size, 4096).size === size;
      } catch {
        return false;
      }
    });
    expect(taken).toEqual(SIZES);
  });
});

describe("T20 alignments that divide by zero or overflow", () => {
  test.each(badAligns(PLACE).filter(({ refusal }) => refusal === "RING_ALIGN"))(
    "$name is refused",
    ({ size, align }) => {
      expect(() => splitRingLayout(size, align)).toThrow(
        expect.objectContaining({ code: "RING_ALIGN" }),
      );
    },
  );

  test("the largest power of two of 32 bits gives a layout without overflow", () => {
    const { used, byteLength } = splitRingLayout(32768, 2 ** 31);
    expect([used, byteLength]).toEqual([2 ** 31, 2 ** 31 + 4 + 8 * 32768 + 2]);
  });

  test("one more and one less than each power of two is refused", () => {
    for (let power = 3; power <= 53; power++) {
      for (const align of [2 ** power - 1, 2 ** power + 1]) {
        expect(() => splitRingLayout(16, align)).toThrow(
          expect.objectContaining({ code: "RING_ALIGN" }),
        );
      }
    }
  });
});
