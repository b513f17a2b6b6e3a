import { describe, expect, test } from "vitest";

import { BUS, fakeDriver, MEMORY_SIZE, POOL } from "../../fixtures/fake_driver.ts";
import { CarveoutAllocator } from "./carveout.ts";

const resources = await fakeDriver().prepare();
const { size: poolSize } = resources.pool;

describe("the pool", () => {
  test("is handed out piece by piece, aligned, under both addresses", () => {
    const pool = new CarveoutAllocator(resources);
    const first = pool.allocate("first", 100, 4096);
    const second = pool.allocate("second", 5000, 256);
    const third = pool.allocate("third", 4, 4096);
    expect([first.da, second.da, third.da]).toEqual([POOL, POOL + 256, POOL + 8192]);
    expect(second.bus).toBe(second.da + BUS);
    expect(second.window.memory.size).toBe(MEMORY_SIZE);
    expect(pool.list).toEqual([first, second, third]);
  });

  test("that is full says what was to be placed, and what is left", () => {
    const pool = new CarveoutAllocator(resources);
    pool.allocate("most", poolSize - 5000, 4096);
    expect(pool.available(4096)).toBe(4096);
    expect(() => pool.allocate("vdev0buffer", 4097, 4096)).toThrow(
      expect.objectContaining({
        code: "MEMORY_FULL",
        message:
          "Place vdev0buffer, 4097 bytes: the pool of 196608 bytes at 0x10010000 has 4096 left",
      }),
    );
    expect(pool.allocate("rest", 4096, 4096).size).toBe(4096);
    expect(pool.available(1)).toBe(904);
  });

  test("leaves alone what the firmware has placed in it", () => {
    const fixed = [
      { da: POOL + 0x4000, size: 0x1000 },
      { da: POOL - 0x1000, size: 0x1800 },
      { da: POOL + poolSize - 0x100, size: 0x1000 },
      { da: 0, size: 0x1000 },
    ];
    const pool = new CarveoutAllocator(resources, fixed);
    expect(pool.available(4096)).toBe(poolSize - 0x5000 - 0x100);
    const pieces = [0x3000, 0x100, 0x800].map((size) => pool.allocate("piece", size, 0x800));
    expect(pieces.map(({ da }) => da - POOL)).toEqual([0x800, 0x3800, 0x5000]);
  });
});
