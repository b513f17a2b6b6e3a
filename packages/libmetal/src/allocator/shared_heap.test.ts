import {
  attachHeap,
  formatHeap,
  HEAP_CONSTANTS,
  openHeap,
  type MetalErrorCode,
  type SharedHeap,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { heapMemory, testLock } from "../../fixtures/test_heap.ts";

const SIZE = 0x10000;
const OWNER = 7;
const HEADER = 16;
const CAPACITY = SIZE - HEAP_CONSTANTS.first;

function heap(size: number = SIZE): SharedHeap {
  return formatHeap(heapMemory(size).memory, { lock: testLock(), owner: OWNER });
}

function refusal(code: MetalErrorCode, words = ""): unknown {
  return expect.objectContaining({
    name: "MetalError",
    code,
    message: expect.stringContaining(words),
  });
}

describe("a heap", () => {
  test("gives blocks that lie apart, at multiples of 16, and takes them back", () => {
    const shared = heap();
    const sizes = [1, 16, 17, 100, 1000, 4096];
    const offsets = sizes.map((size) => shared.allocate(size));
    expect(offsets.filter((offset) => offset % 16 !== 0)).toEqual([]);
    const blocks = shared.blocks();
    expect(blocks.map(({ offset }) => offset)).toEqual(offsets);
    for (const [index, { offset, size, owner }] of blocks.entries()) {
      expect([size >= (sizes[index] ?? 0), owner]).toEqual([true, OWNER]);
      expect(offset + size).toBeLessThanOrEqual(blocks[index + 1]?.offset ?? SIZE);
      expect(shared.block(offset)).toEqual({ offset, size, owner });
    }
    for (const offset of offsets) shared.free(offset);
    expect(shared.statistics()).toMatchObject({ liveBlocks: 0, freeBlocks: 1 });
    expect(shared.allocate(CAPACITY - HEADER)).toBe(HEAP_CONSTANTS.first + HEADER);
  });

  test("counts what is in use, what is free, and what was refused", () => {
    const shared = heap();
    const first = shared.allocate(100);
    const second = shared.allocate(16);
    const third = shared.allocate(1000);
    expect(shared.statistics()).toEqual({
      capacity: CAPACITY,
      liveBytes: 128 + 32 + 1024,
      liveBlocks: 3,
      freeBytes: CAPACITY - 1184,
      freeBlocks: 1,
      largestFree: CAPACITY - 1184 - HEADER,
      peakBytes: 1184,
      failed: 0,
      repairs: 0,
    });
    shared.free(first);
    shared.free(third);
    expect(shared.tryAllocate(CAPACITY)).toBeUndefined();
    expect(shared.statistics()).toMatchObject({
      liveBytes: 32,
      freeBlocks: 2,
      peakBytes: 1184,
      failed: 1,
    });
    shared.free(second);
    expect(shared.statistics()).toMatchObject({ liveBytes: 0, freeBlocks: 1, freeBytes: CAPACITY });
  });

  test.each([1, 2, 16, 32, 64, 4096, 0x8000])("aligns to %d bytes", (alignment) => {
    const shared = heap();
    const offsets = [shared.allocate(1), shared.allocate(50, { alignment })];
    if (alignment < 0x8000) offsets.push(shared.allocate(20, { alignment }));
    expect(offsets.slice(1).filter((offset) => offset % alignment !== 0)).toEqual([]);
    for (const offset of offsets) shared.free(offset);
    expect(shared.statistics()).toMatchObject({ liveBytes: 0, freeBlocks: 1 });
  });

  test("gives the last byte, and what largestFree promises", () => {
    const shared = heap(HEAP_CONSTANTS.first + 0x1000);
    const blocks = Array.from({ length: 8 }, () => shared.allocate(0x1d0));
    for (const offset of blocks.filter((_, index) => index % 2 === 0)) shared.free(offset);
    for (;;) {
      const { largestFree } = shared.statistics();
      if (largestFree === 0) break;
      shared.allocate(largestFree);
    }
    expect(shared.statistics()).toMatchObject({ freeBytes: 0, freeBlocks: 0 });
    expect(() => shared.allocate(1)).toThrow(
      refusal("NO_SPACE", 'Allocate 1 bytes of heap "heap": the largest free piece has 0'),
    );
  });

  test("is shared by all that attach to it, each with its name on its blocks", async () => {
    const { memory } = heapMemory(SIZE);
    const lock = testLock();
    const ours = openHeap(memory, { lock, owner: 1 });
    const theirs = openHeap(memory, { lock, owner: 2 });
    const third = attachHeap(memory, { lock, owner: 2 ** 32 - 1 });
    const block = ours.allocate(10);
    theirs.allocate(20);
    const last = await third.allocateAsync(30, { alignment: 128 });
    expect(ours.blocks().map(({ owner }) => owner)).toEqual([1, 2, 2 ** 32 - 1]);
    expect(ours.blocks(2).map(({ size }) => size)).toEqual([32]);
    theirs.free(block);
    await ours.freeAsync(last);
    expect(third.reclaim(3)).toBe(0);
    expect(third.reclaim(2)).toBe(1);
    expect(ours.statistics()).toMatchObject({ liveBlocks: 0, freeBlocks: 1 });
    expect(lock.held).toBe(false);
  });

  test("frees all of a dead owner, and nothing of anybody else", () => {
    const { memory } = heapMemory(SIZE);
    const lock = testLock();
    const ours = openHeap(memory, { lock, owner: 1 });
    const dead = openHeap(memory, { lock, owner: 2 });
    const kept = [ours.allocate(100)];
    for (let index = 0; index < 40; index++) {
      dead.allocate(50 + index);
      if (index % 3 === 0) kept.push(ours.allocate(200));
    }
    expect(ours.reclaim(2)).toBe(40);
    expect(ours.blocks().map(({ offset }) => offset)).toEqual(kept);
    for (const offset of kept) ours.free(offset);
    expect(ours.statistics()).toMatchObject({ liveBytes: 0, freeBlocks: 1 });
  });
});

describe("a heap refuses", () => {
  test("a block that was freed before, alone or merged with its neighbours", () => {
    const shared = heap();
    const [first, second, third, last] = [1, 2, 3, 4].map(() => shared.allocate(100)) as [
      number,
      number,
      number,
      number,
    ];
    for (const offset of [second, first, third, last]) {
      shared.free(offset);
      const words = `Free block ${offset} of heap "heap": that block was freed before`;
      expect(() => shared.free(offset)).toThrow(refusal("NOT_OWNER", words));
    }
    for (const offset of [first, second, third, last]) {
      expect(() => shared.free(offset)).toThrow(refusal("NOT_OWNER", "was freed before"));
      expect(() => shared.block(offset)).toThrow(refusal("NOT_OWNER", "was freed before"));
    }
    expect(shared.statistics()).toMatchObject({ liveBytes: 0, freeBlocks: 1 });
  });

  test("an offset where no block starts", () => {
    const shared = heap();
    const block = shared.allocate(1000);
    const none = [block + 16, block + 8, block - 16, block + 0.5, 0, 16, -16, SIZE, 2 ** 32, NaN];
    for (const offset of [...none, Infinity]) {
      expect(() => shared.free(offset)).toThrow(
        refusal("NOT_OWNER", `Free block ${offset} of heap "heap": no block starts there`),
      );
    }
    expect(shared.blocks()).toHaveLength(1);
  });

  test.each([0, -1, 0.5, NaN, Infinity])("%d bytes", (size) => {
    expect(() => heap().allocate(size)).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test.each([0, -16, 3, 48, 16.5, 0.5, NaN, 2 ** 32])("the alignment %d", (alignment) => {
    expect(() => heap().allocate(1, { alignment })).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test.each([SIZE, 2 ** 31, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER])("%d bytes", (size) => {
    expect(() => heap().allocate(size)).toThrow(refusal("NO_SPACE"));
    expect(() => heap().allocate(16, { alignment: 2 ** 31 })).toThrow(refusal("NO_SPACE"));
  });

  test.each([0, -1, 0.5, 2 ** 32, NaN])("the owner %d", (owner) => {
    const { memory } = heapMemory(SIZE);
    for (const open of [formatHeap, attachHeap, openHeap]) {
      expect(() => open(memory, { lock: testLock(), owner })).toThrow(refusal("INVALID_ARGUMENT"));
    }
  });

  test("memory that is too small, is none of its, or is of another version", () => {
    const options = { lock: testLock(), owner: OWNER };
    const small = heapMemory(HEAP_CONSTANTS.first + 16).memory;
    expect(() => formatHeap(small, options)).toThrow(refusal("INVALID_ARGUMENT", "1824 bytes"));
    const { memory } = heapMemory(SIZE);
    expect(() => attachHeap(memory, options)).toThrow(refusal("CORRUPT", "there is none"));
    memory.write32(100, 1);
    expect(() => openHeap(memory, options)).toThrow(refusal("CORRUPT", "there is none"));
    expect(memory.read32(100)).toBe(1);

    formatHeap(memory, options);
    memory.write32(4, 2);
    expect(() => attachHeap(memory, options)).toThrow(refusal("UNSUPPORTED", "version 2"));
    memory.write32(4, 1);
    memory.write32(8, SIZE + 16);
    expect(() => attachHeap(memory, options)).toThrow(refusal("OUT_OF_RANGE"));
    for (const end of [0, 8, SIZE - 8]) {
      memory.write32(8, end);
      expect(() => attachHeap(memory, options)).toThrow(refusal("CORRUPT", "it ends at"));
    }
    expect(options.lock.held).toBe(false);
  });
});
