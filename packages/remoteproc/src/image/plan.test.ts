import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RemoteprocError } from "../error.ts";
import { type LoadableSegment, type LoadTarget, planLoad } from "./plan.ts";

/** One memory of 64 KiB at 0x21000000, of which 4 KiB at 0x21008000 are a ring. */
const target: LoadTarget = {
  fits: (address, length) => address >= 0x2100_0000 && address + length <= 0x2101_0000,
  reserved: [{ name: "vdev0vring0", address: 0x2100_8000, length: 0x1000 }],
};

function segment(physicalAddress: number, memorySize: number, fileSize = 0): LoadableSegment {
  return { index: 0, physicalAddress, memorySize, bytes: new Uint8Array(fileSize).fill(7) };
}

function image(...segments: readonly LoadableSegment[]) {
  return {
    name: "echo.elf",
    segments: segments.map((each, index) => ({ ...each, index })),
  };
}

/** Whether there is a plan; a refusal is no plan, and any other error comes through. */
function isPlanned(plan: () => unknown): boolean {
  try {
    plan();
  } catch (error) {
    if (RemoteprocError.isRemoteprocError(error)) return false;
    throw error;
  }
  return true;
}

describe("planLoad()", () => {
  test("orders the writes by address and fills with zeros", () => {
    const { writes } = planLoad(
      image(segment(0x2100_4000, 16, 4), segment(0x2100_0000, 8, 8)),
      target,
    );
    expect(writes).toEqual([
      { address: 0x2100_0000, bytes: new Uint8Array(8).fill(7), zeroFill: 0 },
      { address: 0x2100_4000, bytes: new Uint8Array(4).fill(7), zeroFill: 12 },
    ]);
  });

  test("accepts neighbours that touch, up to both ends of the memory and of the ring", () => {
    const { writes } = planLoad(
      image(
        segment(0x2100_0000, 0x4000),
        segment(0x2100_4000, 0x4000),
        segment(0x2100_9000, 0x7000),
      ),
      target,
    );
    expect(writes).toHaveLength(3);
  });

  test("leaves empty segments alone, wherever they are", () => {
    expect(planLoad(image(segment(0, 0), segment(0x2100_8800, 0)), target).writes).toEqual([]);
  });
});

describe("T36 a segment goes where it must not", () => {
  test.each([
    ["before the memory", 0x20ff_ffff, 1],
    ["across its start", 0x20ff_fffe, 4],
    ["across its end", 0x2100_fffc, 5],
    ["behind it", 0x2101_0000, 1],
    ["across all of it", 0, 0xffff_ffff],
  ])("T36 %s", (_, address, length) => {
    expect(() =>
      planLoad(image(segment(0x2100_0000, 16), segment(address, length)), target),
    ).toThrow(
      expect.objectContaining({
        code: "SEGMENT_OUTSIDE_MEMORY",
        message:
          `echo.elf: segment 1, ${length} bytes at 0x${address.toString(16)}, ` +
          "lies outside the processor's memory",
      }),
    );
  });

  test.each([
    ["the ring's first byte", 0x2100_7fff, 2],
    ["the ring's last byte", 0x2100_8fff, 1],
    ["the inside of the ring", 0x2100_8800, 4],
    ["the whole ring", 0x2100_7000, 0x3000],
  ])("T36 over %s", (_, address, length) => {
    expect(() => planLoad(image(segment(address, length)), target)).toThrow(
      expect.objectContaining({
        code: "SEGMENT_OVERLAP",
        message: expect.stringContaining("overlaps vdev0vring0, 4096 bytes at 0x21008000"),
      }),
    );
  });

  test.each([
    ["the same place", 0x2100_1000, 16],
    ["another's last byte", 0x2100_100f, 16],
    ["another's inside", 0x2100_1004, 4],
    ["another as a whole", 0x2100_0ff0, 0x100],
  ])("T36 over %s", (_, address, length) => {
    expect(() =>
      planLoad(image(segment(0x2100_1000, 16), segment(address, length)), target),
    ).toThrow(expect.objectContaining({ code: "SEGMENT_OVERLAP" }));
  });

  test("T36 more bytes than memory", () => {
    expect(() => planLoad(image(segment(0x2100_0000, 4, 5)), target)).toThrow(
      expect.objectContaining({ code: "ELF_SEGMENT_SIZE" }),
    );
  });

  test("T36 a plan exists exactly when no byte is outside, taken or written twice", () => {
    const place = fc.record({
      address: fc.integer({ min: 0, max: 40 }),
      size: fc.integer({ min: 1, max: 12 }),
    });
    const small: LoadTarget = {
      fits: (address, length) => address >= 4 && address + length <= 36,
      reserved: [{ name: "pool", address: 16, length: 4 }],
    };
    fc.assert(
      fc.property(fc.array(place, { maxLength: 5 }), (places) => {
        const uses = new Uint8Array(64);
        for (const { address, size } of places) {
          for (let byte = address; byte < address + size; byte++)
            uses[byte] = (uses[byte] ?? 0) + 1;
        }
        const sound = uses.every(
          (count, byte) =>
            count === 0 || (count === 1 && byte >= 4 && byte < 36 && (byte < 16 || byte >= 20)),
        );
        const segments = places.map(({ address, size }) => segment(address, size));
        expect(isPlanned(() => planLoad(image(...segments), small))).toBe(sound);
      }),
    );
  });
});
