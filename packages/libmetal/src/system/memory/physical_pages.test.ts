import { closeSync, openSync, readSync } from "node:fs";
import {
  createSharedMemory,
  mapSharedFile,
  openSharedMemory,
  unlinkSharedMemory,
} from "@openamp/libmetal/system";
import { describe, expect, test } from "vitest";
import { asNobody } from "../../../fixtures/other_rights.ts";
import { runProgram, SYSTEM_URL } from "../../../fixtures/runtime_program.ts";

const SIZE = 0x40000;

/** Whether the kernel shows this user physical pages: those of the first mapping of this process. */
function showsPages(address: number): boolean {
  const file = openSync("/proc/self/pagemap", "r");
  try {
    const entry = new BigUint64Array(1);
    readSync(file, new Uint8Array(entry.buffer), 0, 8, (address / 4096) * 8);
    return ((entry[0] ?? 0n) & ((1n << 55n) - 1n)) !== 0n;
  } finally {
    closeSync(file);
  }
}

/** The physical address of each page, or the code of the error. */
async function pagesOf(path: string, size: number): Promise<unknown> {
  try {
    using mapped = await mapSharedFile({ path, size, physicalAddress: "pages" });
    const { memory } = mapped;
    return Array.from({ length: size / 4096 }, (_, page) => memory.physicalAt(page * 4096));
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}

describe("the physical pages of shared memory", () => {
  test("are the same in every mapping, and lead back to the offset", async () => {
    using ours = await createSharedMemory({ size: SIZE, locked: true });
    const shown = showsPages(ours.memory.mapping?.address ?? 0);
    const seen = await pagesOf(ours.path, SIZE);
    expect(Array.isArray(seen) ? "shown" : seen).toBe(shown ? "shown" : "PERMISSION");
    expect(await pagesOf(ours.path, SIZE)).toEqual(seen);
    const addresses = Array.isArray(seen) ? seen : [];
    expect(new Set(addresses).size).toBe(shown ? SIZE / 4096 : 0);
    expect(addresses.every((address) => address > 0 && address % 4096 === 0)).toBe(true);
  });

  test("are an error, with what it takes, where this user may not see them", async () => {
    const program = `
      const { createSharedMemory } = await import(${JSON.stringify(SYSTEM_URL)});
      const options = { size: 4096, physicalAddress: "pages" };
      const error = await createSharedMemory(options).catch((thrown) => thrown);
      console.log(error.code + ": " + error.message);
    `;
    const { output } = await runProgram(program, { wrapper: asNobody });
    expect(output).toBe(
      'PERMISSION: Create the shared memory "shared": its physical pages are hidden from this ' +
        "process; that takes the capability CAP_SYS_ADMIN, or leave the physical address out: " +
        "addresses are then offsets",
    );
  });
});

// libmetal's test/system/linux/shmem.c: 10 threads open "/foo" of 1 MiB, and every offset of it goes
// to its physical address and back. There a thread, here a mapping: one thread has them all.
test.each(["offsets", "pages"] as const)(
  "10 mappings of one name translate every offset there and back, by %s",
  async (kind) => {
    const name = `/libmetal-${crypto.randomUUID()}`;
    const size = 2 ** 20;
    using first = await openSharedMemory({ name, size, create: "exclusive", locked: true });
    const shown = showsPages(first.memory.mapping?.address ?? 0);
    const physical = kind === "pages" && shown ? { physicalAddress: "pages" as const } : {};
    const mappings = await Promise.all(
      Array.from({ length: 10 }, () => openSharedMemory({ name, size, ...physical })),
    );
    await unlinkSharedMemory(name);
    for (const mapping of mappings) {
      const { memory } = mapping;
      let wrong = 0;
      for (let offset = 0; offset < size; offset++) {
        if (memory.offsetOf(memory.physicalAt(offset)) !== offset) wrong++;
      }
      expect(wrong).toBe(0);
      mapping.close();
    }
  },
);
