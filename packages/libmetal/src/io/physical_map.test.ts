import {
  bufferMemory,
  ioRegion,
  type IoRegion,
  type Memory,
  memoryOver,
  type PageMap,
  readOnly,
  subRegion,
} from "@openamp/libmetal";
import { assert, constantFrom, integer, nat, property, uniqueArray } from "fast-check";
import { describe, expect, test } from "vitest";

const PAGE = 64;
/** As an operating system gives pages: in no order, some of them neighbours. */
const PAGES: PageMap = {
  pageSize: PAGE,
  addresses: [0x1_0000_0000, 0x2000, 0x1_0000_0000 - PAGE, 0x2000 + PAGE, 2 ** 52],
};
const SIZE = 5 * PAGE - 8;

/** The physical address of a byte, as the map says it. */
function place({ pageSize, addresses }: PageMap, offset: number): number {
  return (addresses[Math.floor(offset / pageSize)] ?? NaN) + (offset % pageSize);
}

/** Every kind of region that has physical addresses, over the same pages. */
function regions(physicalAddress: number | PageMap): readonly [name: string, region: IoRegion][] {
  const buffer = new ArrayBuffer(SIZE);
  const memory = bufferMemory({ name: "memory", physicalAddress, buffer });
  const over = memoryOver("over", physicalAddress, "normal", memory.words);
  const operations = { read: () => 0 };
  const custom = ioRegion({ name: "custom", physicalAddress, size: SIZE, operations });
  return [memory, over, custom].flatMap((region) => [
    [region.name, region],
    [`read-only ${region.name}`, readOnly(region)],
    [`part of ${region.name}`, subRegion(region, { name: "part", offset: 0 })],
  ]);
}

// As upstream's test of shared memory: metal_io_virt_to_phys and metal_io_phys_to_virt go round.
describe.each(regions(PAGES))("%s in pages", (_, region) => {
  test("takes every offset to a physical address and back", () => {
    const seen = new Set<number>();
    for (let offset = 0; offset < SIZE; offset++) {
      const physical = region.physicalAt(offset);
      expect(physical).toBe(place(PAGES, offset));
      expect(region.offsetOf(physical)).toBe(offset);
      seen.add(physical);
    }
    expect(seen.size).toBe(SIZE);
  });

  test("has the physical address of its first byte", () => {
    expect(region.physicalAddress).toBe(PAGES.addresses[0]);
  });

  test.each([-1, SIZE, 0.5, NaN, Infinity, 2 ** 32, 2 ** 53])("has no offset %d", (offset) => {
    expect(() => region.physicalAt(offset)).toThrow(
      expect.objectContaining({ code: "OUT_OF_RANGE" }),
    );
  });

  test.each([
    0,
    -1,
    0x1fff,
    0x2000 + 2 * PAGE,
    0x2000 + 0.5,
    0x1_0000_0000 - PAGE - 1,
    0x1_0000_0000 + PAGE,
    2 ** 52 - 1,
    2 ** 52 + PAGE - 8,
    2 ** 53,
    NaN,
    Infinity,
    -Infinity,
  ])("has no physical address %d", (physical) => {
    expect(region.offsetOf(physical)).toBeUndefined();
  });
});

describe.each(regions(0x21000000))("%s from one address on", (_, region) => {
  test("takes every offset to a physical address and back, and no others", () => {
    for (let offset = 0; offset < SIZE; offset++) {
      expect(region.physicalAt(offset)).toBe(0x21000000 + offset);
      expect(region.offsetOf(0x21000000 + offset)).toBe(offset);
      expect(region.physicalRun(offset)).toBe(SIZE - offset);
    }
    for (const physical of [0x20ffffff, 0x21000000 + SIZE, 0x21000000 + 0.5, 0, -1, NaN]) {
      expect(region.offsetOf(physical)).toBeUndefined();
    }
    for (const offset of [-1, SIZE, 0.5, NaN]) {
      expect(() => region.physicalAt(offset)).toThrow(
        expect.objectContaining({ code: "OUT_OF_RANGE" }),
      );
    }
  });
});

/** Where a part starts that takes some share, in thousandths, off the front of so many bytes. */
function startIn(length: number, share: number): number {
  return 8 * Math.floor((share / 1001) * Math.ceil(length / 8));
}

test("pages anywhere go round, in the whole and in parts of parts", () => {
  const numbers = uniqueArray(integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 20 });
  const share = nat({ max: 1000 });
  const goesRound = property(
    numbers,
    constantFrom(8, 16, 64, 4096),
    share,
    share,
    share,
    (pages, pageSize, cut, first, second) => {
      const addresses = pages.map((page) => page * pageSize);
      const size = addresses.length * pageSize - 4 * Math.floor((cut / 1001) * (pageSize / 4));
      const map = { pageSize, addresses };
      const buffer = new ArrayBuffer(size);
      const whole = bufferMemory({ name: "whole", physicalAddress: map, buffer });
      const [outerStart, step] = [startIn(size, first), Math.ceil(size / 97)];
      const outer = subRegion(whole, { name: "outer", offset: outerStart });
      const innerStart = startIn(outer.size, second);
      const inner = subRegion(outer, { name: "inner", offset: innerStart });
      const parts = [
        { region: whole, start: 0 },
        { region: outer, start: outerStart },
        { region: inner, start: outerStart + innerStart },
      ];
      return parts.every(({ region, start }) => {
        for (let at = 0; at < size; at += step) {
          const inside = at >= start;
          if (inside && region.physicalAt(at - start) !== place(map, at)) return false;
          if (region.offsetOf(place(map, at)) !== (inside ? at - start : undefined)) return false;
        }
        return true;
      });
    },
  );
  expect(() => assert(goesRound, { numRuns: 500 })).not.toThrow();
});

test("physicalRun tells how far addresses follow one another, in the whole and in a part", () => {
  const pages = [0x1000, 0x1010, 0x5000, 0x4ff0, 0x1020];
  const map = { pageSize: 16, addresses: pages };
  const size = 5 * 16 - 4;
  const whole = bufferMemory({ name: "w", physicalAddress: map, buffer: new ArrayBuffer(size) });
  const part = subRegion(whole, { name: "part", offset: 8, size: 16 });
  for (const [region, start] of [
    [whole, 0],
    [part, 8],
  ] as const) {
    for (let offset = 0; offset < region.size; offset++) {
      let run = 1;
      while (
        offset + run < region.size &&
        place(map, start + offset + run) === place(map, start + offset) + run
      ) {
        run++;
      }
      expect([offset, region.physicalRun(offset)]).toEqual([offset, run]);
    }
    for (const offset of [-1, region.size, 0.5, NaN]) {
      expect(() => region.physicalRun(offset)).toThrow(
        expect.objectContaining({ code: "OUT_OF_RANGE" }),
      );
    }
  }
});

test("a map of pages is copied when the region is made", () => {
  const addresses = [0x1000, 0x3000];
  const physicalAddress = { pageSize: 8, addresses };
  const memory = bufferMemory({ name: "shm", physicalAddress, buffer: new ArrayBuffer(16) });
  addresses[1] = 0x9000;
  expect(memory.physicalAt(8)).toBe(0x3000);
});

function make(pageSize: number, addresses: readonly number[], size = 32): () => Memory {
  const physicalAddress = { pageSize, addresses };
  return () => bufferMemory({ name: "shm", physicalAddress, buffer: new ArrayBuffer(size) });
}

describe("pages are refused", () => {
  test.each([
    ["a page size of 0", make(0, [0])],
    ["a page size of 4", make(4, [0, 4, 8, 12, 16, 20, 24, 28])],
    ["a page size of 24", make(24, [0, 24])],
    ["a page size of NaN", make(NaN, [0])],
    ["an endless page size", make(Infinity, [0])],
    ["a page size of -8", make(-8, [0])],
    ["too few pages", make(8, [0, 8, 16])],
    ["too many pages", make(8, [0, 8, 16, 24, 32])],
    ["no pages", make(8, [])],
    ["a negative address", make(16, [0, -16])],
    ["an address that is no whole number", make(16, [0, 16.5])],
    ["an address that is no number", make(16, [0, NaN])],
    ["an address beyond 2^53 - 1", make(16, [0, 2 ** 53 - 8])],
  ])("%s", (_, call) => {
    expect(call).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test.each([
    ["the same page twice", [0x1000, 0x1000], "page 0 at 0x1000 overlaps page 1 at 0x1000"],
    ["pages that share bytes", [0x1008, 0x1000], "page 1 at 0x1000 overlaps page 0 at 0x1008"],
  ])("%s", (_, addresses, words) => {
    expect(make(16, addresses)).toThrow(
      expect.objectContaining({ code: "OVERLAP", message: `Map memory "shm": ${words}` }),
    );
  });

  test("but a last page that ends early may reach another", () => {
    expect(make(16, [0x1008, 0x1000], 24)().physicalAt(16)).toBe(0x1000);
  });
});
