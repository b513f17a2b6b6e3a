import { describe, expect, test } from "vitest";
import { readName, readStruct, writeStruct } from "./layout.ts";

const SAMPLE = {
  name: "sample",
  source: "this test",
  size: 12,
  fields: {
    byte: { offset: 0, size: 1 },
    half: { offset: 2, size: 2 },
    word: { offset: 4, size: 4 },
    array: { offset: 8, size: 3 },
  },
} as const;

describe("readStruct()", () => {
  test("reads little-endian unsigned integers and leaves arrays out", () => {
    const bytes = Uint8Array.of(0xee, 0xff, 0, 0x34, 0x92, 0x78, 0x56, 0x34, 0xf2, 1, 2, 3);
    const values = readStruct(SAMPLE, new DataView(bytes.buffer), 1);
    expect(values).toEqual({ byte: 0xff, half: 0x9234, word: 0xf2345678 });
  });
});

describe("writeStruct()", () => {
  test("writes what it is given and nothing else", () => {
    const bytes = new Uint8Array(14).fill(0xee);
    const view = new DataView(bytes.buffer);
    writeStruct(SAMPLE, view, 1, { half: 0x9234, word: 0xffff_ffff });
    expect([...bytes]).toEqual([
      0xee, 0xee, 0xee, 0x34, 0x92, 0xff, 0xff, 0xff, 0xff, 0xee, 0xee, 0xee, 0xee, 0xee,
    ]);
  });

  test.each([
    { byte: 256 },
    { byte: -1 },
    { half: 65536 },
    { word: 2 ** 32 },
    { word: 0.5 },
    { word: Number.NaN },
  ])("refuses %j, which does not fit", (values) => {
    const view = new DataView(new ArrayBuffer(12));
    expect(() => writeStruct(SAMPLE, view, 0, values)).toThrow(
      expect.objectContaining({ code: "TABLE_FIELD" }),
    );
  });
});

describe("readName()", () => {
  const bytes = Uint8Array.of(0x61, 0x62, 0, 0x63, 0x9b, 0x64);

  test("stops at the first NUL", () => {
    expect(readName(bytes, 0, 6)).toBe("ab");
    expect(readName(bytes, 2, 4)).toBe("");
  });

  test("stops at the limit and at the end", () => {
    expect(readName(bytes, 0, 1)).toBe("a");
    expect(readName(bytes, 3, 100)).toBe("c\u009bd");
  });
});
