import { type IovaAllocator, iovaAllocator } from "@openamp/libmetal";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count } from "../../../../tools/counts.ts";
import { outcome } from "../../fixtures/outcome.ts";

/** At the long count it takes minutes. */
const LONG = { timeout: 1_200_000 };

const refusal = (code: string): unknown => expect.objectContaining({ name: "MetalError", code });
const PAGE = 16;
const PAGES = 32;
const FIRST = 4 * PAGE;

function allocator(): IovaAllocator {
  return iovaAllocator({ first: FIRST, last: FIRST + PAGES * PAGE - 1, granule: PAGE });
}

describe("an allocator of device addresses", () => {
  test("gives out what a plain table of pages would, and takes it back", LONG, () => {
    const step = fc.record({
      act: fc.constantFrom("allocate", "free", "reserve"),
      pages: fc.integer({ min: 1, max: 8 }),
      align: fc.constantFrom(1, 2, 4, 8),
      at: fc.nat(PAGES),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const iovas = allocator();
        const table = new Uint8Array(PAGES);
        const given = new Map<number, number>();
        const free = (from: number, pages: number): boolean =>
          from + pages <= PAGES && table.subarray(from, from + pages).every((page) => page === 0);
        const wrong: string[] = [];
        /** Holds an outcome against the table, and takes the pages where it is `done`. */
        const taken = (actual: string, expected: string, from: number, pages: number): void => {
          if (actual !== expected) wrong.push(`${actual}, not ${expected}`);
          if (expected !== "done") return;
          table.fill(1, from, from + pages);
          given.set(FIRST + from * PAGE, pages);
        };
        for (const { act, pages, align, at } of steps) {
          const address = FIRST + at * PAGE;
          if (act === "allocate") {
            let lowest = 0;
            while (lowest < PAGES && !((lowest + 4) % align === 0 && free(lowest, pages))) lowest++;
            let start = FIRST + lowest * PAGE;
            const actual = outcome(() => {
              start = iovas.allocate(pages * PAGE - (at % PAGE), align * PAGE);
            });
            taken(actual, lowest === PAGES ? "NO_SPACE" : "done", lowest, pages);
            if (start !== FIRST + lowest * PAGE) wrong.push(`${start}, not page ${lowest}`);
          } else if (act === "reserve") {
            const actual = outcome(() => iovas.reserve(address, pages * PAGE));
            const inside = at + pages <= PAGES;
            const expected = !inside ? "OUT_OF_RANGE" : free(at, pages) ? "done" : "OVERLAP";
            taken(actual, expected, at, pages);
          } else {
            const owned = given.get(address);
            const actual = outcome(() => iovas.free(address));
            const expected = owned === undefined ? "NOT_OWNER" : "done";
            if (actual !== expected) wrong.push(`free: ${actual}, not ${expected}`);
            table.fill(0, at, at + (owned ?? 0));
            given.delete(address);
          }
          const used = table.filter((page) => page === 1).length * PAGE;
          if (iovas.used !== used) wrong.push(`${iovas.used} used, not ${used}`);
        }
        expect(wrong).toEqual([]);
        for (const address of given.keys()) iovas.free(address);
        expect(iovas.used).toBe(0);
        expect(iovas.allocate(PAGES * PAGE)).toBe(FIRST);
      }),
      { numRuns: count("histories of an address allocator") },
    );
  });

  test("finds a double free, and one in the midst of a range", () => {
    const iovas = allocator();
    const start = iovas.allocate(3 * PAGE);
    expect(() => iovas.free(start + PAGE)).toThrow(refusal("NOT_OWNER"));
    iovas.free(start);
    expect(() => iovas.free(start)).toThrow(refusal("NOT_OWNER"));
    expect(() => iovas.free(NaN)).toThrow(refusal("NOT_OWNER"));
  });

  test.each([0, -1, NaN, Infinity, 2 ** 60])("refuses %d bytes", (length) => {
    const code = length > 0 ? "NO_SPACE" : "INVALID_ARGUMENT";
    expect(() => allocator().allocate(length)).toThrow(refusal(code));
  });

  test.each([0, 3, -16, NaN])("INVALID_ARGUMENT: aligned to %d", (align) => {
    expect(() => allocator().allocate(1, align)).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test.each([
    ["MISALIGNED", FIRST + 1, PAGE],
    ["MISALIGNED", FIRST, PAGE + 1],
    ["OUT_OF_RANGE", FIRST - PAGE, PAGE],
    ["OUT_OF_RANGE", NaN, PAGE],
    ["OUT_OF_RANGE", FIRST, NaN],
    ["OUT_OF_RANGE", FIRST, 0],
    ["OUT_OF_RANGE", FIRST, Infinity],
  ])("%s: reserve %d, %d bytes", (code, start, length) => {
    expect(() => allocator().reserve(start, length)).toThrow(refusal(code));
  });

  test.each([
    { first: 0, last: 99, granule: 16 },
    { first: 8, last: 95, granule: 16 },
    { first: 0, last: 95, granule: 12 },
    { first: 32, last: 15, granule: 16 },
    { first: -16, last: 15, granule: 16 },
    { first: 0, last: 2 ** 53 + 15, granule: 16 },
    { first: 0, last: NaN, granule: 16 },
    { first: 0, last: 15, granule: 0 },
  ])("INVALID_ARGUMENT: %o", (options) => {
    expect(() => iovaAllocator(options)).toThrow(refusal("INVALID_ARGUMENT"));
  });
});
