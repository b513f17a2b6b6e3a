import { arch, versions } from "node:process";
import { createSharedMemory, mapSharedFile } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { atomicLoadsWrite } from "./atomic_loads.ts";

test("atomic loads write with Bun on arm64, and nowhere else", () => {
  expect(atomicLoadsWrite("1.4.5", "arm64")).toBe(true);
  expect(atomicLoadsWrite("1.4.5", "x64")).toBe(false);
  expect(atomicLoadsWrite(undefined, "arm64")).toBe(false);
});

test("memory that is mapped for reading only is refused where an atomic load would write", async () => {
  using ours = await createSharedMemory({ size: 0x1000 });
  ours.memory.write32(0, 42);
  const read = async (): Promise<unknown> => {
    using theirs = await mapSharedFile({ path: ours.path, size: 0x1000, readOnly: true });
    return theirs.memory.words.load32(0);
  };
  const expected = atomicLoadsWrite(versions["bun"], arch) ? "UNSUPPORTED" : 42;
  expect(await read().catch((error: unknown) => (error as { code: unknown }).code)).toBe(expected);
});
