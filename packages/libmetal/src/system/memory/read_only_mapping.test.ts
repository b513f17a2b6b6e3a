import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createSharedMemory,
  mapSharedFile,
  openSharedMemory,
  unlinkSharedMemory,
} from "@openamp/libmetal/system";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asNobody } from "../../../fixtures/other_rights.ts";
import { codeOf } from "../../../fixtures/outcome.ts";
import { runProgram, SYSTEM_URL } from "../../../fixtures/runtime_program.ts";

const SIZE = 0x2000;

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), "libmetal-"))));
afterAll(() => rmSync(directory, { recursive: true }));

test("a mapping for reading only sees what others write, and writes nothing itself", async () => {
  using ours = await createSharedMemory({ size: SIZE });
  using theirs = await mapSharedFile({ path: ours.path, size: SIZE, readOnly: true });
  ours.memory.write32(SIZE - 4, 42);
  const { memory } = theirs;
  expect([memory.read32(SIZE - 4), memory.words.load32(SIZE - 4)]).toEqual([42, 42]);
  expect(memory.words.view(SIZE - 4, 4)[0]).toBe(42);
  const writes = [
    () => memory.write8(0, 1),
    () => memory.write32(0, 1),
    () => memory.writeBlock(0, Uint8Array.of(1)),
    () => memory.setBlock(0, 1, 4),
    () => memory.words.set32(0, 1),
    () => memory.words.store16(0, 1),
    () => memory.words.copyIn(0, Uint8Array.of(1), 0, 1),
    () => memory.words.fill(0, 1, 4),
  ];
  expect(writes.map(codeOf)).toEqual(writes.map(() => "READ_ONLY"));
  memory.words.view(0, SIZE).fill(1);
  expect([memory.mapping, ours.memory.read32(0)]).toEqual([undefined, 0]);
  theirs.close();
  expect(codeOf(() => memory.read32(0))).toBe("CLOSED");
  expect(memory.words.load32(SIZE - 4)).toBe(0);
});

test("it takes the right to read and no other", async () => {
  const path = join(directory, "readable");
  writeFileSync(path, new Uint8Array(SIZE).fill(7));
  chmodSync(path, 0o444);
  chmodSync(directory, 0o755);
  const program = `
    const { mapSharedFile } = await import(${JSON.stringify(SYSTEM_URL)});
    const place = { path: ${JSON.stringify(path)}, size: ${SIZE} };
    const refused = await mapSharedFile(place).catch((error) => error.code);
    using file = await mapSharedFile({ ...place, readOnly: true });
    console.log(refused, file.memory.read8(${SIZE - 1}));
  `;
  const { output, complaint } = await runProgram(program, { wrapper: asNobody });
  expect([output, complaint]).toEqual(["PERMISSION 7", ""]);
});

test("what is made is not mapped for reading only, and no SharedArrayBuffer is", async () => {
  const path = join(directory, "made");
  const name = `/libmetal-${crypto.randomUUID()}`;
  const refusal = { code: "INVALID_ARGUMENT", message: expect.stringContaining("reading only") };
  const place = { size: SIZE, readOnly: true };
  await expect(mapSharedFile({ ...place, path, create: true })).rejects.toMatchObject(refusal);
  for (const create of ["exclusive", "if-missing"] as const) {
    await expect(openSharedMemory({ ...place, name, create })).rejects.toMatchObject(refusal);
  }
  using made = await openSharedMemory({ name, size: SIZE, create: "exclusive" });
  await expect(openSharedMemory({ ...place, name, sharedBuffer: true })).rejects.toMatchObject(
    refusal,
  );
  using seen = await openSharedMemory({ ...place, name });
  await unlinkSharedMemory(name);
  made.memory.write32(0, 42);
  expect(seen.memory.read32(0)).toBe(42);
});
