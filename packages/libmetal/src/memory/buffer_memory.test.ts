import {
  bufferMemory,
  memoryOver,
  subRegion,
  type BufferMemoryOptions,
  type Memory,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { REGION_ACCESSES } from "../../fixtures/region_access.ts";

const SIZE = 64;

function memory(options: Partial<BufferMemoryOptions> = {}): Memory {
  const buffer = new ArrayBuffer(SIZE);
  return bufferMemory({ name: "psram", physicalAddress: 0x21000000, buffer, ...options });
}

interface Access {
  readonly width: number;
  readonly value: number;
  readonly read: (region: Memory, offset: number) => number;
  readonly write: (region: Memory, offset: number, value: number) => void;
}

const ACCESSES: readonly Access[] = [
  {
    width: 1,
    value: 0xa5,
    read: (region, offset) => region.read8(offset),
    write: (region, offset, value) => region.write8(offset, value),
  },
  {
    width: 2,
    value: 0xa5b6,
    read: (region, offset) => region.read16(offset),
    write: (region, offset, value) => region.write16(offset, value),
  },
  {
    width: 4,
    value: 0xa5b6c7d8,
    read: (region, offset) => region.read32(offset),
    write: (region, offset, value) => region.write32(offset, value),
  },
];

describe("a region", () => {
  test("tells its name, address, size and kind", () => {
    const { name, physicalAddress, size, kind } = memory();
    expect({ name, physicalAddress, size, kind }).toEqual({
      name: "psram",
      physicalAddress: 0x21000000,
      size: SIZE,
      kind: "normal",
    });
    expect(memory({ kind: "device" }).kind).toBe("device");
  });

  describe.each(ACCESSES)("with accesses of $width bytes", ({ width, read, write, value }) => {
    test("takes every aligned offset, and keeps what was written", () => {
      for (let offset = 0; offset < SIZE; offset += width) {
        const region = memory();
        write(region, offset, value);
        expect(read(region, offset)).toBe(value);
        const set = [...region.words.view(0, SIZE)].flatMap((byte, at) => (byte === 0 ? [] : [at]));
        expect([set[0], set.length]).toEqual([offset, width]);
      }
    });

    test.each([-width, -1, SIZE, SIZE + width, 0.5, 2 ** 32, 2 ** 53, NaN, Infinity, -Infinity])(
      "refuses offset %d",
      (offset) => {
        const refusal = expect.objectContaining({ name: "MetalError", code: "OUT_OF_RANGE" });
        expect(() => read(memory(), offset)).toThrow(refusal);
        expect(() => write(memory(), offset, value)).toThrow(refusal);
      },
    );
  });

  test.each(
    ACCESSES.flatMap(({ width, read, write }) =>
      Array.from({ length: width - 1 }, (_, index) => ({ width, offset: index + 1, read, write })),
    ),
  )("refuses offset $offset for $width bytes", ({ offset, read, write }) => {
    const refusal = expect.objectContaining({ code: "MISALIGNED" });
    expect(() => read(memory(), offset)).toThrow(refusal);
    expect(() => write(memory(), offset, 0)).toThrow(refusal);
  });

  test("says what was attempted, on what, and which limit it broke", () => {
    expect(() => memory().read32(62)).toThrow(
      'Read 4 bytes at offset 62 of "psram": it has 64 bytes',
    );
    expect(() => memory().write16(3, 0)).toThrow(
      'Write 2 bytes at offset 3 of "psram": not a multiple of 2',
    );
  });

  test("copies blocks that fit and refuses those that do not", () => {
    const region = memory();
    region.writeBlock(61, Uint8Array.of(1, 2, 3));
    const target = new Uint8Array(4);
    region.readBlock(60, target);
    expect([...target]).toEqual([0, 1, 2, 3]);
    region.setBlock(62, 0x1ff, 2);
    expect(region.read32(60)).toBe(0xffff0100);
    region.setBlock(SIZE, 1, 0);
    for (const call of [
      () => region.writeBlock(62, Uint8Array.of(1, 2, 3)),
      () => region.readBlock(61, target),
      () => region.readBlock(-1, target),
      () => region.setBlock(0, 0, SIZE + 1),
      () => region.setBlock(0, 0, -1),
      () => region.setBlock(0, 0, 0.5),
      () => region.setBlock(0, 0, NaN),
      () => region.flush(1, SIZE),
      () => region.invalidate(SIZE + 1, 0),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    }
    expect(region.read32(60)).toBe(0xffff0100);
  });

  test("keeps the cache in step with block accesses", () => {
    const calls: string[] = [];
    const region = memory({
      maintenance: {
        flush: (offset, length) => calls.push(`flush ${offset} ${length}`),
        invalidate: (offset, length) => calls.push(`invalidate ${offset} ${length}`),
      },
    });
    region.readBlock(8, new Uint8Array(4));
    region.writeBlock(12, new Uint8Array(8));
    region.setBlock(0, 1, 2);
    region.flush(1, 2);
    region.invalidate(3, 4);
    expect(calls).toEqual([
      "invalidate 8 4",
      "flush 12 8",
      "flush 0 2",
      "flush 1 2",
      "invalidate 3 4",
    ]);
  });

  test("stands over words of any kind", () => {
    const { words } = memory();
    const region = memoryOver("guarded", 0x1000, "device", words);
    region.write8(3, 7);
    expect([region.name, region.size, region.kind, words.get8(3)]).toEqual([
      "guarded",
      SIZE,
      "device",
      7,
    ]);
  });
});

describe("a region whose buffer is gone is closed", () => {
  test.each([
    [
      "given to another thread",
      (buffer: ArrayBuffer) => void structuredClone(buffer, { transfer: [buffer] }),
    ],
    ["shortened", (buffer: ArrayBuffer) => buffer.resize(SIZE - 8)],
  ])("%s", (_, take) => {
    const buffer = new ArrayBuffer(SIZE, { maxByteLength: SIZE });
    const region = memory({ buffer });
    const part = subRegion(region, { name: "part", offset: SIZE - 8 });
    take(buffer);
    for (const { run } of REGION_ACCESSES) {
      for (const order of ["relaxed", "seq_cst"] as const) {
        const closed = expect.objectContaining({ code: "CLOSED" });
        expect(() => run(region, SIZE - 8, order)).toThrow(closed);
        expect(() => run(part, 0, order)).toThrow(closed);
      }
    }
  });
});

describe("bufferMemory", () => {
  test("rounds the rest of a buffer down to whole words", () => {
    expect(memory({ buffer: new SharedArrayBuffer(30), byteOffset: 8 }).size).toBe(20);
  });

  test.each([
    { physicalAddress: -4 },
    { physicalAddress: NaN },
    { physicalAddress: 0.5 },
    { physicalAddress: 2 ** 53 - 4 },
    { byteOffset: 4 },
    { byteOffset: -8 },
    { byteOffset: NaN },
    { byteOffset: SIZE },
    { byteOffset: 2 * SIZE },
    { byteLength: 0 },
    { byteLength: -4 },
    { byteLength: 6 },
    { byteLength: SIZE + 4 },
    { byteLength: NaN },
    { byteOffset: 8, byteLength: SIZE },
    { buffer: new ArrayBuffer(3) },
  ] satisfies Partial<BufferMemoryOptions>[])("refuses %o", (options) => {
    expect(() => memory(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test.each([0, 2, 24, 8192, -32, 4.5, NaN])("refuses a cache line of %d bytes", (lineSize) => {
    const maintenance = { lineSize, flush() {}, invalidate() {} };
    expect(() => memory({ maintenance })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  test("refuses a memory that starts within a cache line", () => {
    const maintenance = { lineSize: 64, flush() {}, invalidate() {} };
    const at = (physicalAddress: number): Memory => memory({ maintenance, physicalAddress });
    expect(at(0x21000040).words.lineSize).toBe(64);
    expect(() => at(0x21000020)).toThrow(/starts at 0x21000020, in the middle of a cache line/u);
  });

  test("refuses more than 4 GiB", () => {
    // Not every runtime makes a buffer of that size; the check comes before the buffer is touched.
    const buffer = Object.defineProperty(new ArrayBuffer(8), "byteLength", { value: 2 ** 32 + 8 });
    expect(() => memory({ buffer })).toThrow("more than the 4 GiB that a memory may have");
  });
});
