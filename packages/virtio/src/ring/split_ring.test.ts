import { addressSpace, bufferMemory } from "@openamp/libmetal";
import type { AddressSpace, Memory } from "@openamp/libmetal";
import {
  badAligns,
  badParts,
  badPlaces,
  badSizes,
  guardedWords,
  loopbackRing,
} from "@openamp/testing";
import { describe, expect, test } from "vitest";

import { VirtioError } from "../error.ts";
import { clearSplitRing, splitRing, splitRingAt } from "./split_ring.ts";
import { splitRingLayout } from "./split_ring_layout.ts";

const PLACE = { address: 0x30000, length: 8192 };

function memoryAt(physicalAddress: number, length: number): Memory {
  return bufferMemory({ name: "shm", physicalAddress, buffer: new ArrayBuffer(length) });
}

const memory = memoryAt(PLACE.address, PLACE.length);
const space = addressSpace([{ name: "shm", address: PLACE.address, memory }]);

/** An address space of so many bytes from 0. */
function spaceOf(size: number): AddressSpace {
  return addressSpace([{ name: "shm", address: 0, size, memory: memoryAt(0, 256) }]);
}

/** The code of what a call throws; undefined where it throws nothing. */
function refusalOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    if (error instanceof VirtioError) return error.code;
    throw error;
  }
  return undefined;
}

test("a ring of one piece has its parts where the layout says", () => {
  const ring = splitRing(space, PLACE.address + 64, 16, 4096);
  const layout = splitRingLayout(16, 4096);
  expect(ring.descriptors).toEqual({ words: memory.words, offset: 64, byteLength: 256 });
  expect(ring.available).toEqual({
    words: memory.words,
    offset: 64 + layout.available,
    byteLength: 38,
  });
  expect(ring.used).toEqual({ words: memory.words, offset: 64 + layout.used, byteLength: 134 });
});

test("§4.2.2: the parts of a ring may lie apart, in any order and in several memories", () => {
  const other = memoryAt(0x90000, 256);
  const both = addressSpace([
    { name: "shm", address: PLACE.address, memory },
    { name: "other", address: 0x90000, memory: other },
  ]);
  const ring = splitRingAt(both, {
    size: 16,
    descriptors: PLACE.address + 4096,
    available: PLACE.address + 2,
    used: 0x90004,
  });
  expect(ring.descriptors.offset).toBe(4096);
  expect(ring.available).toMatchObject({ words: memory.words, offset: 2 });
  expect(ring.used).toMatchObject({ words: other.words, offset: 4 });
});

test("a ring may end with the last byte of a memory, and with no byte behind it", () => {
  const { byteLength } = splitRingLayout(8, 16);
  expect(splitRing(spaceOf(byteLength), 0, 8, 16).size).toBe(8);
  expect(() => splitRing(spaceOf(byteLength - 1), 0, 8, 16)).toThrow(
    /ring at 0x0: its 230 bytes do not lie in one memory/u,
  );
});

test("T21 a ring may not cross from one window into the next, even where the two touch", () => {
  const low = memoryAt(0, 4096);
  const high = memoryAt(4096, 4096);
  const touching = addressSpace([
    { name: "low", address: 0, memory: low },
    { name: "high", address: 4096, memory: high },
  ]);
  expect(() => splitRing(touching, 3968, 16, 16)).toThrow(
    expect.objectContaining({ code: "RING_OUTSIDE" }),
  );
});

describe("T19 sizes, T20 alignments and T21 places that no ring of one piece has", () => {
  test.each([...badSizes(PLACE), ...badAligns(PLACE), ...badPlaces(PLACE)])(
    "$name is refused: $refusal",
    ({ address, size, align, refusal }) => {
      expect(() => splitRing(space, address, size, align)).toThrow(
        expect.objectContaining({ name: "VirtioError", code: refusal }),
      );
    },
  );
});

describe("T21 parts that are misaligned, outside or over one another", () => {
  test.each(badParts(PLACE))("$name: $refusal", (offer) => {
    expect(() => splitRingAt(space, offer)).toThrow(
      expect.objectContaining({ name: "VirtioError", code: offer.refusal }),
    );
  });

  test.each(badSizes(PLACE))("$name is refused for parts too", ({ size, refusal }) => {
    const offer = { size, descriptors: 0x30000, available: 0x30800, used: 0x31000 };
    expect(() => splitRingAt(space, offer)).toThrow(expect.objectContaining({ code: refusal }));
  });

  test("every address of the used ring over a ring of 4: taken exactly where all is apart", () => {
    const [size, descriptors, available] = [4, PLACE.address, PLACE.address + 64];
    const free: number[] = [];
    const refusals = new Set<string>();
    for (let used = descriptors; used < available + 128; used += 4) {
      const refusal = refusalOf(() => splitRingAt(space, { size, descriptors, available, used }));
      if (refusal === undefined) free.push(used - available);
      else refusals.add(refusal);
    }
    expect([...refusals]).toEqual(["RING_OVERLAP"]);
    // The available ring has 14 bytes, used_event included.
    expect(free).toEqual(Array.from({ length: 28 }, (_, step) => 16 + step * 4));
  });
});

describe.each([32, 64])("in memory that is not coherent, with lines of %i", (lineSize) => {
  const cached = bufferMemory({
    name: "ddr",
    physicalAddress: 0,
    buffer: new ArrayBuffer(4096),
    maintenance: { lineSize, flush() {}, invalidate() {} },
  });
  const ddr = addressSpace([{ name: "ddr", address: 0, memory: cached }]);
  const sharesLine = expect.objectContaining({
    code: "RING_ALIGN",
    message: expect.stringContaining(`share a cache line of ${lineSize} bytes`),
  });

  test("the used ring has lines of its own, or is refused", () => {
    const wrong: string[] = [];
    for (const size of [1, 2, 4, 8, 16, 32]) {
      for (let align = 4; align <= 2 * lineSize; align *= 2) {
        // Where the available ring happens to end with a line, a smaller alignment does too.
        const apart = splitRingLayout(size, align).used % lineSize === 0;
        const refusal = refusalOf(() => splitRing(ddr, 0, size, align));
        if (refusal !== (apart ? undefined : "RING_ALIGN")) wrong.push(`${size}, ${align}`);
      }
    }
    expect(wrong).toEqual([]);
    // What counts is where the ring lies, not how it is laid out.
    expect(() => splitRing(ddr, lineSize - 16, 1, lineSize)).toThrow(sharesLine);
  });

  test("that goes for parts that lie apart too, before and behind", () => {
    const [descriptors, available, size] = [1024, 1024 + 64, 4];
    for (let used = 512; used < 2048; used += 4) {
      const before = Math.floor((used + 37) / lineSize) < 1024 / lineSize;
      const behind = Math.floor(used / lineSize) > Math.floor((available + 13) / lineSize);
      const overlaps = used < available + 14 && used + 38 > descriptors;
      const refusal = refusalOf(() => splitRingAt(ddr, { size, descriptors, available, used }));
      const expected = overlaps ? "RING_OVERLAP" : before || behind ? undefined : "RING_ALIGN";
      expect(refusal, `used ring at ${used}`).toBe(expected);
    }
  });
});

test("§3.1.1: clearing zeroes the three parts, flushes them, and touches nothing else", () => {
  const loopback = loopbackRing({ size: 4, align: 64 });
  loopback.words.fill(0, 0xff, loopback.words.byteLength);
  const guarded = guardedWords(loopback.words);
  const ring = loopback.over(guarded);
  const { accesses } = guarded.record(() => clearSplitRing(ring));
  const bytes = loopback.words.view(0, loopback.words.byteLength);
  const expected = new Uint8Array(loopback.words.byteLength).fill(0xff);
  for (const { offset, byteLength } of [ring.descriptors, ring.available, ring.used]) {
    expected.fill(0, offset, offset + byteLength);
    expect(accesses).toContainEqual(
      expect.objectContaining({ action: "flush", offset, length: byteLength }),
    );
  }
  expect(Array.from(bytes)).toEqual(Array.from(expected));
  expect(expected).toContain(0xff);
});
