import {
  addressSpace,
  bufferMemory,
  type Memory,
  scatterList,
  scatterListAt,
  type ScatterRange,
} from "@openamp/libmetal";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count } from "../../../../tools/counts.ts";
import { outcome } from "../../fixtures/outcome.ts";

/** At the long count it takes minutes. */
const LONG = { timeout: 1_200_000 };

const refusal = (code: string): unknown => expect.objectContaining({ name: "MetalError", code });
const SIZE = 256;

function memory(name = "ddr", physicalAddress = 0x1000): Memory {
  return bufferMemory({ name, physicalAddress, buffer: new ArrayBuffer(SIZE) });
}

/** Ranges of two memories, 64 bytes at most each. */
const ranges = fc.array(
  fc.record({ first: fc.boolean(), offset: fc.nat(SIZE - 64), length: fc.nat(64) }),
  { maxLength: 12 },
);

describe("a scatter list", () => {
  test("is the same row of bytes as a flat array, however it is cut and joined", LONG, () => {
    fc.assert(
      fc.property(
        ranges,
        fc.array(fc.tuple(fc.nat(800), fc.nat(200), fc.boolean()), { maxLength: 20 }),
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom(1, 2, 16, 64),
        (wanted, accesses, maximumLength, boundary) => {
          // One memory of pages that do not follow one another.
          const pages = { pageSize: 64, addresses: [0x9000, 0x9040, 0x4000, 0x8000] };
          const paged = bufferMemory({
            name: "paged",
            physicalAddress: pages,
            buffer: new ArrayBuffer(SIZE),
          });
          const memories = [memory(), paged] as const;
          const list = scatterList(
            wanted.map(({ first, ...range }) => ({ memory: memories[first ? 0 : 1], ...range })),
          );
          /** Every byte of the list: the memory, and the offset in it. */
          const places = list.entries.flatMap((entry) =>
            Array.from({ length: entry.length }, (_, at) => ({
              of: entry.memory,
              offset: entry.offset + at,
            })),
          );
          const merged = list.merge();
          const split = list.split({ maximumLength, boundary });
          const forms = [list, merged, split, split.merge(), merged.split({ boundary })];
          const wrong: string[] = [];
          const hold = (what: string, actual: unknown, expected: unknown): void => {
            if (String(actual) !== String(expected))
              wrong.push(`${what}: ${String(actual)}, not ${String(expected)}`);
          };
          hold("length", list.length, places.length);
          hold("empty entries", list.entries.filter(({ length }) => length === 0).length, 0);

          let fill = 0;
          for (const [start, length, write] of accesses) {
            for (const form of forms) {
              const bytes = Uint8Array.from({ length }, () => ++fill);
              const inside = start + length <= places.length;
              const row = places.slice(start, start + length);
              const expected = inside ? "done" : "OUT_OF_RANGE";
              if (write) {
                hold(
                  "write",
                  outcome(() => form.writeBlock(start, bytes)),
                  expected,
                );
                // Ranges may be over one another: the last byte stays, as in a copy byte by byte.
                const last = new Map(row.map(({ of, offset }, at) => [`${of.name} ${offset}`, at]));
                for (const { of, offset } of inside ? row : []) {
                  hold("written", of.read8(offset), bytes[last.get(`${of.name} ${offset}`) ?? 0]);
                }
              }
              hold(
                "read",
                outcome(() => form.readBlock(start, bytes)),
                expected,
              );
              if (!inside) {
                hold(
                  "slice",
                  outcome(() => form.slice(start, length)),
                  expected,
                );
                continue;
              }
              const flat = row.map(({ of, offset }) => of.read8(offset));
              hold("bytes", bytes, flat);
              const slice = form.slice(start, length);
              slice.readBlock(0, bytes);
              hold("bytes of the slice", bytes, flat);
              hold("length of the slice", slice.length, length);
            }
          }
          expect(wrong).toEqual([]);

          for (const { memory: of, offset, length } of split.entries) {
            const first = of.physicalAt(offset);
            expect(length).toBeLessThanOrEqual(maximumLength);
            expect(of.physicalRun(offset)).toBeGreaterThanOrEqual(length);
            expect(Math.floor(first / boundary)).toBe(Math.floor((first + length - 1) / boundary));
          }
          for (const [index, entry] of merged.entries.entries()) {
            const next = merged.entries[index + 1];
            const touches = entry.offset + entry.length === next?.offset;
            expect(touches && entry.memory === next.memory).toBe(false);
          }
        },
      ),
      { numRuns: count("scatter lists against flat arrays") },
    );
  });

  test("is cut no more than its limits ask for", () => {
    const list = scatterList([{ memory: memory(), offset: 0x30, length: 0x60 }]);
    const lengths = (limits: Parameters<typeof list.split>[0]) =>
      list.split(limits).entries.map(({ length }) => length);
    expect(lengths({})).toEqual([0x60]);
    expect(lengths({ boundary: 0x40 })).toEqual([0x10, 0x40, 0x10]);
    expect(lengths({ maximumLength: 0x28 })).toEqual([0x28, 0x28, 0x10]);
    expect(lengths({ maximumLength: 0x28, boundary: 0x40 })).toEqual([0x10, 0x28, 0x18, 0x10]);
  });

  test.each([
    { maximumLength: 0 },
    { maximumLength: NaN },
    { boundary: 0 },
    { boundary: 48 },
    { boundary: -64 },
    { boundary: NaN },
    { boundary: 0.5 },
  ])("INVALID_ARGUMENT: split by %o", (limits) => {
    const list = scatterList([{ memory: memory() }]);
    expect(() => list.split(limits)).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test("leaves out what is empty, and may be empty itself", () => {
    const ddr = memory();
    const list = scatterList([
      { memory: ddr, length: 0 },
      { memory: ddr },
      { memory: ddr, offset: SIZE },
    ]);
    expect(list.entries).toEqual([{ memory: ddr, offset: 0, length: SIZE }]);
    const empty = scatterList([]);
    expect([empty.length, empty.slice(0, 0).length, empty.merge().entries]).toEqual([0, 0, []]);
    expect(() => empty.readBlock(0, new Uint8Array(1))).toThrow(refusal("OUT_OF_RANGE"));
  });

  test.each<Omit<ScatterRange, "memory">>([
    { offset: -1, length: 1 },
    { offset: 0, length: SIZE + 1 },
    { offset: 1, length: SIZE },
    { offset: SIZE + 1 },
    { offset: 0.5, length: 1 },
    { offset: NaN },
    { length: NaN },
    { length: -1 },
    { length: 2 ** 53 },
  ])("OUT_OF_RANGE: %o", (range) => {
    expect(() => scatterList([{ memory: memory(), ...range }])).toThrow(refusal("OUT_OF_RANGE"));
  });

  test.each([
    [-1, 1],
    [0, NaN],
    [0.5, 1],
    [0, -1],
    [0, SIZE + 1],
  ])("OUT_OF_RANGE: slice at %d of %d", (offset, length) => {
    const list = scatterList([{ memory: memory() }]);
    expect(() => list.slice(offset, length)).toThrow(refusal("OUT_OF_RANGE"));
  });

  test("is found by addresses, where all of them lie in a space", () => {
    const [low, high] = [memory("low"), memory("high")];
    const space = addressSpace([
      { name: "low", address: 0x8000, memory: low },
      { name: "high", address: 0x8000 + SIZE, memory: high, offset: 16, size: 64 },
    ]);
    const list = scatterListAt(space, [
      { address: 0x80f0, length: 16 },
      { address: 0x8100, length: 64 },
    ]);
    expect(list.entries).toEqual([
      { memory: low, offset: 0xf0, length: 16 },
      { memory: high, offset: 16, length: 64 },
    ]);
    for (const range of [
      { address: 0x80f0, length: 17 },
      { address: 0x8140, length: 1 },
      { address: NaN, length: 1 },
    ]) {
      expect(() => scatterListAt(space, [range])).toThrow(refusal("FAULT"));
    }
  });
});
