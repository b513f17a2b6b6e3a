import { expect, test } from "vitest";
import { mps2An385MemoryMap as map } from "./memory_map.ts";

test("no two memories overlap, and the vectors and the pool lie in the shared one", () => {
  const ranges = [map.ssram1, map.ssram23, map.psram].sort((a, b) => a.address - b.address);
  const overlaps = ranges.filter(({ address }, index) => {
    const before = ranges[index - 1];
    return before !== undefined && before.address + before.size > address;
  });
  expect(overlaps).toEqual([]);
  expect(map.vectorTable).toBe(map.psram.address);
  // VTOR ignores its low seven bits (DDI 0403, section B3.2.5).
  expect(map.vectorTable % 128).toBe(0);
  expect(map.pool.address).toBeGreaterThan(map.psram.address);
  expect(map.pool.address + map.pool.size).toBe(map.psram.address + map.psram.size);
});
