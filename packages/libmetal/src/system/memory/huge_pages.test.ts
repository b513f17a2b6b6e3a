import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSharedMemory, hugePages, mapSharedFile } from "@openamp/libmetal/system";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const MiB = 2 ** 20;

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), "libmetal-"))));
afterAll(() => rmSync(directory, { recursive: true }));

test("the sizes of huge pages are listed, smallest first", async () => {
  for (const [name, total, free] of [
    ["hugepages-1048576kB", 1, 0],
    ["hugepages-64kB", 0, 0],
    ["hugepages-2048kB", 8, 5],
  ] as const) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, "nr_hugepages"), `${total}\n`);
    writeFileSync(join(directory, name, "free_hugepages"), `${free}\n`);
  }
  mkdirSync(join(directory, "other"));
  expect(await hugePages(directory)).toEqual([
    { size: 0x10000, total: 0, free: 0 },
    { size: 2 * MiB, total: 8, free: 5 },
    { size: 1024 * MiB, total: 1, free: 0 },
  ]);
  expect(await hugePages(join(directory, "none"))).toEqual([]);
});

describe("memory of huge pages", () => {
  test("is refused where the machine has none of that size", async () => {
    const sizes = (await hugePages()).map(({ size }) => size);
    const present = sizes.length === 0 ? "none" : `those of ${sizes.join(" and ")} bytes`;
    const made = createSharedMemory({ size: 3 * MiB, hugePageSize: 3 * MiB, name: "psram" });
    await expect(made).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message:
        'Create the shared memory "psram": this machine has no huge pages of 3145728 bytes, ' +
        `only ${present}`,
    });
  });

  test("is refused where its size is no multiple of theirs", async () => {
    for (const { size } of await hugePages()) {
      const made = createSharedMemory({ size: size + 4, hugePageSize: size });
      await expect(made).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });

  test("is refused where they are not reserved, and says what is to be written where", async () => {
    for (const { size, free } of (await hugePages()).slice(0, 1)) {
      const pages = free + 64;
      const made = createSharedMemory({ size: pages * size, hugePageSize: size });
      await expect(made).rejects.toMatchObject({
        code: "NO_SPACE",
        message: expect.stringContaining(
          `it takes ${pages} huge pages that are free: ` +
            `root reserves them by writing a number to ${placeOf(size)}`,
        ),
      });
    }
  });

  test("is mapped where they are reserved, also as a SharedArrayBuffer", async () => {
    for (const { size, total } of (await hugePages()).slice(0, 1)) {
      using reserved = reserve(size, total + 2);
      for (const sharedBuffer of reserved.done ? [false, true] : []) {
        using ours = await createSharedMemory({ size: 2 * size, hugePageSize: size, sharedBuffer });
        using theirs = await mapSharedFile({ size: size + 4, path: ours.path });
        using second = await mapSharedFile({ size: 4, offset: size, path: ours.path });
        expect(readFileSync("/proc/self/smaps", "utf8")).toMatch(
          new RegExp(`KernelPageSize: +${size / 1024} kB`),
        );
        ours.memory.write32(size, 42);
        expect([theirs.memory.read32(size), second.memory.read32(0)]).toEqual([42, 42]);
        const inside = mapSharedFile({ size: 4, offset: 4096, path: ours.path });
        await expect(inside).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
        ours.close();
        expect([ours.memory.mapping?.closed?.aborted, theirs.memory.read32(size)]).toEqual([
          true,
          42,
        ]);
      }
    }
  });
});

function placeOf(size: number): string {
  return `/sys/kernel/mm/hugepages/hugepages-${size / 1024}kB/nr_hugepages`;
}

/** Reserves huge pages until it is disposed, where this user may and the machine has them. */
function reserve(size: number, pages: number): Disposable & { readonly done: boolean } {
  const place = placeOf(size);
  const before = readFileSync(place, "utf8");
  const write = (text: string): boolean =>
    spawnSync("sh", ["-c", `echo ${text} > ${place}`], { stdio: "ignore" }).status === 0;
  const written = write(String(pages));
  return {
    done: written && Number(readFileSync(place, "utf8")) >= pages,
    [Symbol.dispose]: () => void (written && write(before.trim())),
  };
}
