import { readdirSync, truncateSync } from "node:fs";
import { createSharedMemory, mapSharedFile } from "@openamp/libmetal/system";
import { expect, test } from "vitest";

const PLACE = { size: 0x10000, physicalAddress: 0x21000000 };

test("shared memory is mapped a second time by its path", async () => {
  using ours = await createSharedMemory({ ...PLACE, name: "psram" });
  using theirs = await mapSharedFile({ ...PLACE, path: ours.path });
  expect([ours.memory.name, theirs.memory.read32(0)]).toEqual(["psram", 0]);
  ours.memory.write32(0, 42);
  expect(theirs.memory.read32(0)).toBe(42);
});

test("nobody changes the size of shared memory (T46)", async () => {
  using ours = await createSharedMemory(PLACE);
  for (const size of [0, PLACE.size - 1, PLACE.size + 1]) {
    expect(() => truncateSync(ours.path, size)).toThrow(/EPERM|not permitted/);
  }
  ours.memory.write8(PLACE.size - 1, 1);
  expect(ours.memory.read8(PLACE.size - 1)).toBe(1);
});

test("shared memory is gone when it is closed", async () => {
  const ours = await createSharedMemory(PLACE);
  const descriptors = readdirSync("/proc/self/fd").length;
  const theirs = await mapSharedFile({ ...PLACE, path: ours.path });
  ours.close();
  ours.close();
  theirs.close();
  expect(readdirSync("/proc/self/fd").length).toBe(descriptors - 1);
  await expect(mapSharedFile({ ...PLACE, path: ours.path })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  expect(ours.memory.words.get32(0)).toBe(0);
});

test("4 GiB are the most, and their last word is reached", async () => {
  const size = 2 ** 32;
  using ours = await createSharedMemory({ size, physicalAddress: 0 });
  using end = await mapSharedFile({ size, physicalAddress: 0, path: ours.path });
  ours.memory.write32(size - 4, 7);
  ours.memory.words.set16(2 ** 31, 5);
  ours.memory.writeBlock(2 ** 31 + 2, Uint8Array.of(6));
  expect([ours.memory.read32(0), end.memory.read32(size - 4)]).toEqual([0, 7]);
  expect(end.memory.read32(2 ** 31)).toBe(0x00060005);
  for (const order of ["relaxed", "seq_cst"] as const) {
    const { memory } = end;
    expect([memory.read8(size - 4, order), memory.read16(size - 4, order)]).toEqual([7, 7]);
    expect([memory.read32(size - 4, order), memory.read64(size - 8, order)]).toEqual([
      7,
      7n << 32n,
    ]);
  }
  expect(() => end.memory.read8(size)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  await expect(createSharedMemory({ size: size + 4, physicalAddress: 0 })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});
