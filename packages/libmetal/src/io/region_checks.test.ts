import {
  bufferMemory,
  ioRegion,
  memoryOver,
  readOnly,
  subRegion,
  type IoRegion,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { REGION_ACCESSES, WRITTEN } from "../../fixtures/region_access.ts";

const SIZE = 64;

/** Every kind of region, each with 64 bytes of value 1 of its own. */
const REGIONS: Readonly<Record<string, (bytes: Uint8Array<ArrayBuffer>) => IoRegion>> = {
  "normal memory": ({ buffer }) => bufferMemory({ name: "shm", physicalAddress: 0, buffer }),
  "device memory": ({ buffer }) =>
    bufferMemory({ name: "shm", physicalAddress: 0, buffer, kind: "device" }),
  "memory over words": ({ buffer }) =>
    memoryOver("shm", 0, "normal", bufferMemory({ name: "", physicalAddress: 0, buffer }).words),
  "a region of operations": (bytes) => operationsOver(bytes),
  "a part of a memory": (bytes) => {
    const around = new Uint8Array(SIZE + 16);
    const whole = bufferMemory({ name: "whole", physicalAddress: 0, buffer: around.buffer });
    whole.writeBlock(8, bytes);
    return subRegion(whole, { name: "shm", offset: 8, size: SIZE });
  },
  "a part of a region of operations": (bytes) => {
    const around = new Uint8Array(SIZE + 16).fill(0xee);
    around.set(bytes, 8);
    return subRegion(operationsOver(around), { name: "shm", offset: 8, size: SIZE });
  },
};

function operationsOver(bytes: Uint8Array<ArrayBuffer>): IoRegion {
  const { words } = bufferMemory({ name: "", physicalAddress: 0, buffer: bytes.buffer });
  return ioRegion({
    name: "shm",
    physicalAddress: 0,
    size: bytes.length,
    operations: {
      read: (offset, width) =>
        width === 1 ? words.get8(offset) : width === 2 ? words.get16(offset) : words.get32(offset),
      write(offset, value, width) {
        if (width === 1) words.set8(offset, value);
        else if (width === 2) words.set16(offset, value);
        else words.set32(offset, value);
      },
      read64: (offset) => words.get64(offset),
      write64: (offset, value) => words.set64(offset, value),
    },
  });
}

function contents(region: IoRegion): Uint8Array {
  const bytes = new Uint8Array(region.size);
  region.readBlock(0, bytes);
  return bytes;
}

describe.each(Object.entries(REGIONS))("%s", (_, make) => {
  const region = (): IoRegion => make(new Uint8Array(SIZE).fill(1));

  describe.each(REGION_ACCESSES)("$name", ({ run, writes, length, alignment }) => {
    test.each([undefined, "relaxed", "acquire", "release", "acq_rel", "seq_cst"] as const)(
      "takes every aligned offset, ordered %s, and touches nothing else",
      (order) => {
        for (let offset = 0; offset + length <= SIZE; offset += alignment) {
          const one = region();
          const value = run(one, offset, order);
          expect(value).toBe(writes ? 0n : BigInt(`0x${"01".repeat(length)}`));
          const expected = new Uint8Array(SIZE).fill(1);
          if (writes) expected.fill(WRITTEN, offset, offset + length);
          expect(contents(one)).toEqual(expected);
        }
      },
    );

    const outside = [-alignment, -8, SIZE, SIZE + 8, 2 ** 31, 2 ** 32, 2 ** 32 + 8, 2 ** 53];
    const noNumbers = [0.5, 8.5, SIZE - 0.5, -0.5, NaN, Infinity, -Infinity];
    test.each([...outside, ...noNumbers])("refuses offset %d as out of range", (offset) => {
      const one = region();
      for (const order of ["relaxed", "seq_cst"] as const) {
        expect(() => run(one, offset, order)).toThrow(
          expect.objectContaining({ name: "MetalError", code: "OUT_OF_RANGE" }),
        );
      }
      expect(contents(one).every((byte) => byte === 1)).toBe(true);
    });

    test("refuses every offset that is not aligned, and those too near to the end", () => {
      const one = region();
      for (let offset = 0; offset < SIZE; offset++) {
        const inside = offset + length <= SIZE;
        if (inside && offset % alignment === 0) continue;
        const code = inside ? "MISALIGNED" : "OUT_OF_RANGE";
        for (const order of ["relaxed", "seq_cst"] as const) {
          expect(() => run(one, offset, order)).toThrow(expect.objectContaining({ code }));
        }
      }
      expect(contents(one).every((byte) => byte === 1)).toBe(true);
    });
  });

  test.each([NaN, Infinity, -Infinity, 0.5, -1.5])("refuses to write %d", (value) => {
    const one = region();
    for (const call of [
      () => one.write8(8, value),
      () => one.write16(8, value),
      () => one.write32(8, value),
      () => one.write8(8, value, "relaxed"),
      () => one.write16(8, value, "relaxed"),
      () => one.write32(8, value, "relaxed"),
      () => one.setBlock(8, value, 4),
      () => one.setBlock(8, value, 8),
      () => one.write64(8, value as never),
      () => one.write32(8, 5n as never),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
    expect(contents(one).every((byte) => byte === 1)).toBe(true);
  });

  test.each([-1, -8, 0.5, NaN, Infinity, SIZE + 1, 2 ** 32, 2 ** 53])(
    "refuses to set %d bytes",
    (length) => {
      const one = region();
      expect(() => one.setBlock(0, 2, length)).toThrow(
        expect.objectContaining({ code: "OUT_OF_RANGE" }),
      );
      expect(contents(one).every((byte) => byte === 1)).toBe(true);
    },
  );

  test("refuses blocks that go beyond its end, by all of their bytes", () => {
    const one = region();
    const target = new Uint8Array(SIZE + 1).fill(9);
    for (const call of [
      () => one.readBlock(0, target),
      () => one.readBlock(1, target.subarray(1)),
      () => one.readBlock(SIZE, target.subarray(SIZE)),
      () => one.writeBlock(0, target),
      () => one.writeBlock(SIZE - 1, target.subarray(0, 2)),
      () => one.setBlock(SIZE - 1, 2, 2),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    }
    expect(target.every((byte) => byte === 9)).toBe(true);
    expect(contents(one).every((byte) => byte === 1)).toBe(true);
    one.readBlock(SIZE, new Uint8Array(0));
    one.writeBlock(SIZE, new Uint8Array(0));
    one.setBlock(SIZE, 0, 0);
  });

  test("keeps the low bits of a whole number that is too wide", () => {
    const one = region();
    one.write8(0, 0x1ff);
    one.write16(2, -2);
    one.write32(4, 2 ** 32 + 5);
    one.write64(8, 2n ** 64n + 7n);
    one.setBlock(16, 0x2aa, 2);
    expect([one.read8(0), one.read16(2), one.read32(4), one.read64(8), one.read16(16)]).toEqual([
      0xff,
      0xfffe,
      5,
      7n,
      0xaaaa,
    ]);
  });

  test.each(REGION_ACCESSES.filter(({ writes }) => writes))(
    "read only refuses $name",
    ({ run }) => {
      const one = region();
      const seen = readOnly(one);
      for (const offset of [0, 1, SIZE, NaN]) {
        expect(() => run(seen, offset)).toThrow(expect.objectContaining({ code: "READ_ONLY" }));
      }
      expect(contents(one)).toEqual(contents(seen));
      expect(contents(one).every((byte) => byte === 1)).toBe(true);
    },
  );

  test.each(REGION_ACCESSES.filter(({ writes }) => !writes))("read only has $name", ({ run }) => {
    const one = region();
    expect(run(readOnly(one), 8)).toBe(run(one, 8));
    expect(() => run(readOnly(one), SIZE)).toThrow(
      expect.objectContaining({ code: "OUT_OF_RANGE" }),
    );
  });
});

/** The message of the error that a call throws. */
function message(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return "";
}

test("a refusal says what was attempted, on what, and which limit it broke", () => {
  const shm = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(SIZE) });
  const part = subRegion(shm, { name: "ring", offset: 16, size: 16 });
  expect([
    message(() => shm.read64(60)),
    message(() => shm.read8(-1)),
    message(() => shm.read32(0.5)),
    message(() => shm.write16(3, 0)),
    message(() => shm.write32(0, NaN)),
    message(() => shm.write64(0, 5 as never)),
    message(() => shm.setBlock(0, 0, 65)),
    message(() => part.read32(16)),
    message(() => part.write64(12, 0n)),
    message(() => readOnly(part).write8(0, 1)),
  ]).toEqual([
    'Read 8 bytes at offset 60 of "shm": it has 64 bytes',
    'Read 1 byte at offset -1 of "shm": it has 64 bytes',
    'Read 4 bytes at offset 0.5 of "shm": that is no whole number of bytes',
    'Write 2 bytes at offset 3 of "shm": not a multiple of 2',
    'Write 4 bytes at offset 0 of "shm": NaN is no whole number',
    'Write 8 bytes at offset 0 of "shm": 5 is no bigint',
    'Set 65 bytes at offset 0 of "shm": it has 64 bytes',
    'Read 4 bytes at offset 16 of "ring": it has 16 bytes',
    'Write 8 bytes at offset 12 of "ring": it has 16 bytes',
    'Write 1 byte at offset 0 of "ring": it may only be read',
  ]);
});
