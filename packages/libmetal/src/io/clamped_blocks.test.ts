import {
  bufferMemory,
  readBlockClamped,
  readOnly,
  setBlockClamped,
  writeBlockClamped,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

const SIZE = 16;

function region() {
  const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(SIZE) });
  memory.setBlock(0, 1, SIZE);
  return memory;
}

describe("clamped blocks", () => {
  test.each([
    [0, 0, 0],
    [0, 16, 16],
    [0, 17, 16],
    [5, 4, 4],
    [12, 4, 4],
    [12, 5, 4],
    [15, 100, 1],
  ])("at %i of %i bytes touch %i", (offset, length, count) => {
    const target = new Uint8Array(length).fill(9);
    expect(readBlockClamped(region(), offset, target)).toBe(count);
    expect([...target]).toEqual(Array.from({ length }, (_, at) => (at < count ? 1 : 9)));

    for (const [write, value] of [
      [(one: ReturnType<typeof region>) => writeBlockClamped(one, offset, target.fill(7)), 7],
      [(one: ReturnType<typeof region>) => setBlockClamped(one, offset, 0x105, length), 5],
    ] as const) {
      const one = region();
      expect(write(one)).toBe(count);
      expect([...one.words.view(0, SIZE)]).toEqual(
        Array.from({ length: SIZE }, (_, at) => (at >= offset && at < offset + count ? value : 1)),
      );
    }
  });

  // Upstream: -ERANGE where the offset is not below the size, whatever the length.
  test.each([SIZE, SIZE + 1, 2 ** 32, -1, NaN, Infinity, 0.5])("refuse offset %d", (offset) => {
    const one = region();
    const bytes = new Uint8Array(4);
    for (const call of [
      () => readBlockClamped(one, offset, bytes),
      () => writeBlockClamped(one, offset, bytes),
      () => setBlockClamped(one, offset, 0, 4),
      () => setBlockClamped(one, offset, 0, 0),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    }
    expect(one.words.view(0, SIZE).every((byte) => byte === 1)).toBe(true);
  });

  test.each([-1, NaN, 0.5])("refuse to set %d bytes", (length) => {
    expect(() => setBlockClamped(region(), 0, 0, length)).toThrow(
      expect.objectContaining({ code: "OUT_OF_RANGE" }),
    );
  });

  test("refuse to write what may only be read", () => {
    const seen = readOnly(region());
    expect(() => writeBlockClamped(seen, 0, new Uint8Array(99))).toThrow(
      expect.objectContaining({ code: "READ_ONLY" }),
    );
    expect(readBlockClamped(seen, 8, new Uint8Array(99))).toBe(8);
  });
});
