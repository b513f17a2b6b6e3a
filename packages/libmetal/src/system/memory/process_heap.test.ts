import { createSharedMemory, mapSharedFile, openProcessHeap } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { count } from "../../../../../tools/counts.ts";
import { useHeap } from "../../../fixtures/heap_user.ts";
import { ended, SYSTEM_URL, startProgram } from "../../../fixtures/runtime_program.ts";

const SIZE = 0x20000;
const USER_URL = new URL("../../../fixtures/heap_user.ts", import.meta.url).href;

test("two processes allocate and free in the same heap, and all comes back", async () => {
  using shared = await createSharedMemory({ size: SIZE });
  const { memory } = shared;
  const heap = await openProcessHeap(memory);
  const turns = count("calls of two processes to one heap");
  const child = startProgram(`
    const { mapSharedFile, openProcessHeap } = await import(${JSON.stringify(SYSTEM_URL)});
    const { useHeap } = await import(${JSON.stringify(USER_URL)});
    const place = { path: ${JSON.stringify(shared.path)}, size: ${SIZE} };
    using shared = await mapSharedFile(place);
    const heap = await openProcessHeap(shared.memory);
    console.log("begins");
    useHeap(heap, shared.memory, ${turns}, 0x22000000);
    heap.allocate(100);
  `);
  const outcome = ended(child);
  await new Promise((resolve) => {
    child.stdout?.once("data", resolve);
    child.once("exit", resolve);
  });
  useHeap(heap, memory, turns, 0x11000000);
  expect(await outcome).toMatchObject({ status: 0, complaint: "" });
  // What a process leaves when it ends is found by its number, and freed on request.
  const left = heap.blocks();
  expect(left.map(({ owner }) => owner)).toEqual([child.pid]);
  expect(heap.reclaim(child.pid ?? 0)).toBe(1);
  expect(heap.statistics()).toMatchObject({ liveBytes: 0, freeBlocks: 1, repairs: 0 });
});

test("a block is freed by another mapping of the same memory, and waits do not block", async () => {
  using ours = await createSharedMemory({ size: SIZE });
  using theirs = await mapSharedFile({ path: ours.path, size: SIZE });
  const heap = await openProcessHeap(ours.memory);
  const offset = await heap.allocateAsync(5000, { alignment: 4096, timeout: 1000 });
  ours.memory.write32(offset, 42);
  expect([offset % 4096, theirs.memory.read32(offset)]).toEqual([0, 42]);
  await heap.freeAsync(offset);
  ours.close();
  await expect(heap.allocateAsync(1)).rejects.toMatchObject({ code: "CLOSED" });
});

test("a heap may have 4 GiB, and blocks of most of it", async () => {
  using shared = await createSharedMemory({ size: 2 ** 32 });
  const heap = await openProcessHeap(shared.memory);
  const sizes = [3 * 2 ** 30, 2 ** 29, 100];
  const offsets = sizes.map((size) => heap.allocate(size, { alignment: 4096 }));
  for (const [index, offset] of offsets.entries()) {
    const last = offset + (sizes[index] ?? 0) - 4;
    shared.memory.write32(last, index + 1);
    expect([offset % 4096, shared.memory.read32(last)]).toEqual([0, index + 1]);
  }
  expect(() => heap.allocate(2 ** 30)).toThrow(expect.objectContaining({ code: "NO_SPACE" }));
  for (const offset of offsets) heap.free(offset);
  const { capacity, largestFree, freeBlocks } = heap.statistics();
  expect([largestFree, freeBlocks]).toEqual([capacity - 16, 1]);
  expect(heap.allocate(largestFree)).toBeLessThan(4096);
});

test.each([
  ["OUT_OF_RANGE", 0x10000],
  ["INVALID_ARGUMENT", 0x40000],
])("%s: a heap is not opened with %d bytes that was made with others", async (code, size) => {
  using all = await createSharedMemory({ size: 0x40000 });
  const place = { path: all.path, physicalAddress: 0 };
  using right = await mapSharedFile({ ...place, size: SIZE });
  using wrong = await mapSharedFile({ ...place, size });
  const heap = await openProcessHeap(right.memory);
  // Blocks lie where the mutex is looked for. They hold a number that no thread has.
  const block = heap.allocate(heap.statistics().largestFree);
  all.memory.setBlock(block, 0x3f, SIZE - 64 - block);
  all.memory.setBlock(SIZE, 0x3f, 0x40000 - SIZE);
  const before = new Uint8Array(0x40000);
  all.memory.readBlock(0, before);
  await expect(openProcessHeap(wrong.memory)).rejects.toMatchObject({ code });
  const after = new Uint8Array(0x40000);
  all.memory.readBlock(0, after);
  expect(after).toEqual(before);
});

test.each([1024, 0x1004])("%d bytes are no memory for it", async (size) => {
  using shared = await createSharedMemory({ size });
  await expect(openProcessHeap(shared.memory)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
