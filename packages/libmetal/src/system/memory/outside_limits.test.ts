import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSharedMemory, mapSharedFile } from "@openamp/libmetal/system";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ended,
  runProgram,
  startProgram,
  SYSTEM_URL,
  thisRuntime,
  type Runtime,
} from "../../../fixtures/runtime_program.ts";

const SIZE = 0x10000;
const LIBC_URL = new URL("../libc/libc.ts", import.meta.url).href;

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), "libmetal-"))));
afterAll(() => rmSync(directory, { recursive: true }));

describe("a file that somebody else shortens while it is mapped (T46)", () => {
  test("ends the process that touches it by SIGBUS, on every runtime, as in C", async () => {
    const path = join(directory, "shortened");
    using ours = await mapSharedFile({ path, size: SIZE, create: true });
    ours.memory.write32(SIZE - 4, 42);
    const child = startProgram(`
      import { statSync } from "node:fs";
      const { mapSharedFile } = await import(${JSON.stringify(SYSTEM_URL)});
      const path = ${JSON.stringify(path)};
      const theirs = await mapSharedFile({ path, size: ${SIZE} });
      console.log("sees " + theirs.memory.read32(${SIZE - 4}));
      while (statSync(path).size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      console.log("reads");
      theirs.memory.read32(${SIZE - 4});
      console.log("survives");
    `);
    child.stdout?.once("data", () => truncateSync(path, 0));
    const { status, signal, output } = await ended(child);
    expect(output).toContain("sees 42\nreads");
    expect(output).not.toContain("survives");
    expect([status, signal]).toEqual([null, "SIGBUS"]);
    // To open it again is refused, before anything is mapped.
    await expect(mapSharedFile({ path, size: SIZE })).rejects.toMatchObject({
      code: "OUT_OF_RANGE",
    });
  });

  test("is not possible with sealed memory, by its owner or by anybody else", async () => {
    using ours = await createSharedMemory({ size: SIZE });
    using theirs = await mapSharedFile({ path: ours.path, size: SIZE });
    for (const size of [0, SIZE - 1, SIZE + 1]) {
      expect(() => truncateSync(ours.path, size)).toThrow(/EPERM|not permitted/);
      expect(() => truncateSync(theirs.path, size)).toThrow(/EPERM|not permitted/);
    }
    ours.memory.write32(SIZE - 4, 42);
    expect(theirs.memory.read32(SIZE - 4)).toBe(42);
  });
});

describe("more than 4 GiB in one memory", () => {
  const size = 5 * 2 ** 30;

  test("is refused before anything is made", async () => {
    const path = join(directory, "large");
    for (const refused of [
      createSharedMemory({ size }),
      mapSharedFile({ path, size, create: true }),
    ]) {
      await expect(refused).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("are not a multiple of 4 between 4 and 4 GiB"),
      });
    }
  });

  // Why the limit is there: Bun has no larger buffer, Node 20 aborts on one, and offsets are shifted
  // as 32-bit numbers everywhere.
  test("is more than Bun has buffers for, and not more than Deno and Node 24 have", async () => {
    const program = `
      const { loadLibc } = await import(${JSON.stringify(LIBC_URL)});
      const libc = await loadLibc();
      const descriptor = libc.memfdCreate(new TextEncoder().encode("large\\0"), 0);
      libc.ftruncate(descriptor, ${size});
      const address = libc.mmap(0, ${size}, 3, 1, descriptor, 0);
      try {
        console.log(libc.view(address, ${size}).byteLength);
      } catch (error) {
        console.log(error.name);
      }
    `;
    const seen = await runProgram(program);
    const expected: Readonly<Record<Runtime, object>> = {
      bun: { status: 0, output: expect.stringMatching(/Error/) },
      deno: { status: 0, output: String(size) },
      node: { status: 0, output: String(size) },
    };
    expect(seen).toMatchObject(expected[thisRuntime]);
  });
});
