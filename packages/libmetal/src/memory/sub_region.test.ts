import {
  bufferMemory,
  ioRegion,
  mappedAddress,
  type Memory,
  memoryOver,
  offsetOfMappedAddress,
  offsetOfView,
  readOnly,
  subRegion,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { REGION_ACCESSES } from "../../fixtures/region_access.ts";
import { MappedWords } from "./mapped_words.ts";

const SIZE = 128;

function wholeMemory(options: Partial<Parameters<typeof bufferMemory>[0]> = {}): Memory {
  const buffer = new SharedArrayBuffer(SIZE + 16);
  return bufferMemory({
    name: "tcm",
    physicalAddress: 0xffe00000,
    buffer,
    byteOffset: 16,
    ...options,
  });
}

describe("a part of a memory", () => {
  test("is a memory over the same bytes, with a name, a size and addresses of its own", () => {
    const whole = wholeMemory({ address: 0x7f00_0000_0000 });
    const outer = subRegion(whole, { name: "outer", offset: 32, size: 64 });
    const inner = subRegion(outer, { name: "inner", offset: 16, size: 20 });
    const { name, size, physicalAddress, kind, mapping } = inner;
    expect({ name, size, physicalAddress, kind }).toEqual({
      name: "inner",
      size: 20,
      physicalAddress: 0xffe00030,
      kind: "normal",
    });
    expect(mapping).toEqual({
      buffer: whole.mapping?.buffer,
      byteOffset: 64,
      address: 0x7f00_0000_0030,
      closed: undefined,
    });
    inner.write32(16, 0xcafe);
    inner.words.set16(0, 0xbeef);
    expect([whole.read32(64), outer.read32(32), whole.words.get16(48)]).toEqual([
      0xcafe, 0xcafe, 0xbeef,
    ]);
    expect(inner.words.byteLength).toBe(20);
    whole.write64(48, 1n);
    expect([inner.read64(0), inner.words.load64(0)]).toEqual([1n, 1n]);
    expect(() => inner.read8(20)).toThrow('Read 1 byte at offset 20 of "inner": it has 20 bytes');
  });

  test("has the rest of the memory where no size is given", () => {
    expect(subRegion(wholeMemory(), { name: "rest", offset: 24 }).size).toBe(SIZE - 24);
  });

  test("has words of the one class that rings see", () => {
    expect(subRegion(wholeMemory(), { name: "part", offset: 8 }).words).toBeInstanceOf(MappedWords);
  });

  test("is of the kind of the whole", () => {
    const part = subRegion(wholeMemory({ kind: "device" }), { name: "part", offset: 8 });
    expect(part.kind).toBe("device");
    const view = part.words.view(0, 8);
    part.write8(0, 7);
    expect(view[0]).toBe(0);
  });

  test.each(["a mapping", "other words"])(
    "tells maintenance of %s by offsets of the whole",
    (over) => {
      const calls: string[] = [];
      const maintenance = {
        lineSize: 32,
        flush: (offset: number, length: number) => calls.push(`flush ${offset} ${length}`),
        invalidate: (offset: number, length: number) =>
          calls.push(`invalidate ${offset} ${length}`),
      };
      const mapped = wholeMemory({ maintenance });
      const whole = over === "a mapping" ? mapped : memoryOver("over", 0, "normal", mapped.words);
      const part = subRegion(subRegion(whole, { name: "outer", offset: 32 }), {
        name: "inner",
        offset: 32,
      });
      expect(part.words.lineSize).toBe(32);
      part.flush(1, 2);
      part.invalidate(3, 4);
      part.words.flush(5, 6);
      part.words.invalidate(7, 8);
      part.readBlock(0, new Uint8Array(4));
      part.writeBlock(0, new Uint8Array(4));
      expect(calls).toEqual([
        "flush 65 2",
        "invalidate 67 4",
        "flush 69 6",
        "invalidate 71 8",
        "invalidate 64 4",
        "flush 64 4",
      ]);
      expect(() => part.flush(60, 8)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
      expect(() => subRegion(whole, { name: "x", offset: 16 })).toThrow(
        expect.objectContaining({ code: "MISALIGNED" }),
      );
    },
  );

  test("of words that a test watches has those words, moved", () => {
    const { words } = wholeMemory();
    const whole = memoryOver("guarded", 0x1000, "normal", words);
    const part = subRegion(whole, { name: "part", offset: 8, size: 64 });
    expect(part.mapping).toBeUndefined();
    part.words.set8(1, 1);
    part.words.set16(2, 2);
    part.words.set32(4, 3);
    part.words.set64(8, 4n);
    part.words.store8(16, 5);
    part.words.store16(18, 6);
    part.words.store32(20, 7);
    part.words.store64(24, 8n);
    part.words.copyIn(32, Uint8Array.of(0, 9, 10), 1, 2);
    part.words.fill(34, 11, 2);
    expect([...words.view(8, 36)]).toEqual([
      0, 1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 6, 0, 7, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0,
      0, 9, 10, 11, 11,
    ]);
    const target = new Uint8Array(3);
    part.words.copyOut(33, target, 1, 2);
    expect([...target, ...part.words.view(33, 2)]).toEqual([0, 10, 11, 10, 11]);
    expect([
      part.words.get8(1),
      part.words.get16(2),
      part.words.get32(4),
      part.words.get64(8),
      part.words.load8(16),
      part.words.load16(18),
      part.words.load32(20),
      part.words.load64(24),
    ]).toEqual([1, 2, 3, 4n, 5, 6, 7, 8n]);
  });

  test.each(REGION_ACCESSES)("refuses $name when the whole is closed", ({ run, writes }) => {
    const owner = new AbortController();
    const whole = wholeMemory({ closed: owner.signal });
    const outer = subRegion(whole, { name: "outer", offset: 8 });
    const inner = subRegion(outer, { name: "inner", offset: 8 });
    const seen = subRegion(readOnly(whole), { name: "seen", offset: 8 });
    run(inner, 0);
    owner.abort();
    for (const region of [whole, outer, inner]) {
      expect(() => run(region, 0)).toThrow(expect.objectContaining({ code: "CLOSED" }));
      expect(() => run(region, 0, "relaxed")).toThrow(expect.objectContaining({ code: "CLOSED" }));
    }
    const code = writes ? "READ_ONLY" : "CLOSED";
    for (const region of [readOnly(whole), seen]) {
      expect(() => run(region, 0)).toThrow(expect.objectContaining({ code }));
    }
  });

  test("made of a memory that was closed before is closed as well, and its words are not", () => {
    const whole = wholeMemory({ closed: AbortSignal.abort() });
    const part = subRegion(whole, { name: "part", offset: 8 });
    for (const call of [
      () => part.read8(0, "relaxed"),
      () => whole.read32(0, "relaxed"),
      () => part.flush(0, 4),
      () => whole.invalidate(0, 4),
      () => whole.read32(SIZE),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "CLOSED" }));
    }
    part.words.set8(0, 7);
    expect(whole.words.get8(8)).toBe(7);
  });
});

describe("a part of a region of operations", () => {
  test("makes the calls of the whole, by its offsets", () => {
    const calls: string[] = [];
    const whole = ioRegion({
      name: "slcr",
      physicalAddress: 0xf8000000,
      size: 0x1000,
      widths: [4],
      operations: {
        read: (offset, width) => calls.push(`read ${width}@0x${offset.toString(16)}`),
        write: (offset, value, width) =>
          void calls.push(`write ${width}@0x${offset.toString(16)} ${value}`),
      },
    });
    const part = subRegion(whole, { name: "reset", offset: 0x200, size: 0x48 });
    expect(part.physicalAddress).toBe(0xf8000200);
    expect(part.read32(0x44)).toBe(1);
    part.write32(8, 3);
    expect(calls).toEqual(["read 4@0x244", "write 4@0x208 3"]);
    expect(() => part.read32(0x48)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    expect(() => part.read8(0)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    expect("words" in part).toBe(false);
  });
});

describe("subRegion refuses", () => {
  const whole = wholeMemory();
  const registers = ioRegion({
    name: "regs",
    physicalAddress: 0,
    size: SIZE,
    operations: { read: () => 0 },
  });

  test.each([
    ["OUT_OF_RANGE", -8, 8],
    ["OUT_OF_RANGE", 0, SIZE + 8],
    ["OUT_OF_RANGE", 8, SIZE],
    ["OUT_OF_RANGE", SIZE, undefined],
    ["OUT_OF_RANGE", SIZE + 8, undefined],
    ["OUT_OF_RANGE", 0, 0],
    ["OUT_OF_RANGE", 0, -8],
    ["OUT_OF_RANGE", 0, NaN],
    ["OUT_OF_RANGE", 0, 4.5],
    ["OUT_OF_RANGE", NaN, 8],
    ["OUT_OF_RANGE", 0.5, 8],
    ["OUT_OF_RANGE", 2 ** 53, 8],
    ["MISALIGNED", 4, 8],
    ["MISALIGNED", 1, 8],
  ] as const)("%s: offset %d, size %d", (code, offset, size) => {
    const options = { name: "part", offset, ...(size === undefined ? {} : { size }) };
    for (const region of [whole, registers, readOnly(whole)]) {
      expect(() => subRegion(region, options)).toThrow(
        expect.objectContaining({ name: "MetalError", code }),
      );
    }
  });

  test("a memory whose size is no multiple of 4", () => {
    expect(() => subRegion(whole, { name: "part", offset: 0, size: 6 })).toThrow(
      expect.objectContaining({ code: "MISALIGNED" }),
    );
    expect(subRegion(registers, { name: "part", offset: 0, size: 6 }).size).toBe(6);
  });
});

describe("the mapped place", () => {
  const address = 0x7f12_3456_7000;

  test("of every offset goes to an address and back, in the whole and in a part", () => {
    const whole = wholeMemory({ address });
    const part = subRegion(whole, { name: "part", offset: 40, size: 64 });
    for (const [memory, first] of [
      [whole, address],
      [part, address + 40],
    ] as const) {
      for (let offset = 0; offset < memory.size; offset++) {
        expect(mappedAddress(memory, offset)).toBe(first + offset);
        expect(offsetOfMappedAddress(memory, first + offset)).toBe(offset);
      }
      for (const other of [first - 1, first + memory.size, first + 0.5, NaN, 0]) {
        expect(offsetOfMappedAddress(memory, other)).toBeUndefined();
      }
      for (const offset of [-1, memory.size, 0.5, NaN]) {
        expect(() => mappedAddress(memory, offset)).toThrow(
          expect.objectContaining({ code: "OUT_OF_RANGE" }),
        );
      }
    }
  });

  test("is not known of a buffer of the engine, of what may only be read, and of what is closed", () => {
    const owner = new AbortController();
    const whole = wholeMemory({ address, closed: owner.signal });
    for (const memory of [wholeMemory(), readOnly(whole)]) {
      expect(() => mappedAddress(memory, 0)).toThrow(
        expect.objectContaining({ code: "UNSUPPORTED" }),
      );
      expect(offsetOfMappedAddress(memory, address)).toBeUndefined();
    }
    owner.abort();
    expect(() => mappedAddress(whole, 0)).toThrow(expect.objectContaining({ code: "CLOSED" }));
  });

  test("of an array over the same buffer is its offset", () => {
    const whole = wholeMemory();
    const part = subRegion(whole, { name: "part", offset: 32, size: 32 });
    const { buffer } = whole.mapping ?? {};
    const array = (at: number, length: number) =>
      new Uint8Array(buffer ?? new ArrayBuffer(0), at, length);
    expect(offsetOfView(whole, part.words.view(4, 8))).toBe(36);
    expect(offsetOfView(part, part.words.view(4, 8))).toBe(4);
    expect(offsetOfView(part, array(48, 32))).toBe(0);
    expect(offsetOfView(part, array(47, 1))).toBeUndefined();
    expect(offsetOfView(part, array(48, 33))).toBeUndefined();
    expect(offsetOfView(part, array(80, 0))).toBeUndefined();
    expect(offsetOfView(whole, new Uint8Array(SIZE))).toBeUndefined();
    expect(offsetOfView(readOnly(whole), array(16, 4))).toBeUndefined();
  });
});
