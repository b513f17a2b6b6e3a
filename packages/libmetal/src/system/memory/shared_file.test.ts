import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { subRegion } from "@openamp/libmetal";
import { mapSharedFile, type SharedFileOptions } from "@openamp/libmetal/system";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { REGION_ACCESSES } from "../../../fixtures/region_access.ts";

const SIZE = 0x10000;

let directory: string;
let path: string;
let files = 0;

beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), "libmetal-"))));
beforeEach(() => void (path = join(directory, `file${files++}`)));
afterAll(() => rmSync(directory, { recursive: true }));

function place(options: Partial<SharedFileOptions> = {}): SharedFileOptions {
  return { path, size: SIZE, physicalAddress: 0x21000000, ...options };
}

describe("a shared file", () => {
  test("is made with its full size, for this user only, and all zeros", async () => {
    using file = await mapSharedFile(place({ create: true }));
    const { size, mode, blocks } = statSync(path);
    expect([size, mode & 0o777]).toEqual([SIZE, 0o600]);
    // Reserved: a full disk cannot end the process later.
    expect(blocks * 512).toBeGreaterThanOrEqual(SIZE);
    expect(file.memory.words.view(0, SIZE).every((byte) => byte === 0)).toBe(true);
    expect([file.path, file.memory.name, file.memory.size, file.memory.physicalAddress]).toEqual([
      path,
      path,
      SIZE,
      0x21000000,
    ]);
  });

  test("shows the same bytes in every mapping and in the file", async () => {
    using ours = await mapSharedFile(place({ create: true, name: "psram" }));
    using theirs = await mapSharedFile(place({ kind: "device" }));
    expect([ours.memory.name, theirs.memory.kind]).toEqual(["psram", "device"]);
    ours.memory.write32(SIZE - 4, 0x01020304);
    theirs.memory.writeBlock(1, Uint8Array.of(5, 6, 7));
    expect(theirs.memory.read32(SIZE - 4)).toBe(0x01020304);
    expect(ours.memory.read32(0)).toBe(0x07060500);
    const bytes = readFileSync(path);
    expect([...bytes.subarray(0, 4), bytes.readUInt32LE(SIZE - 4)]).toEqual([
      0, 5, 6, 7, 0x01020304,
    ]);
  });

  test("is mapped in part where it is larger, and keeps its size", async () => {
    writeFileSync(path, new Uint8Array(SIZE + 1));
    using file = await mapSharedFile(place({ size: 4 }));
    expect([file.memory.size, statSync(path).size]).toEqual([4, SIZE + 1]);
  });
});

test("a mapping starts at any page of the file, and reserves what lies before it", async () => {
  using whole = await mapSharedFile(place({ create: true }));
  // 64 KiB is a multiple of every page size that Linux has.
  const second = { path: join(directory, `file${files++}`), offset: 0x10000, size: 0x1000 };
  using part = await mapSharedFile(place({ ...second, create: true }));
  expect(statSync(part.path).size).toBe(0x11000);
  part.memory.write32(0xffc, 7);
  expect(readFileSync(part.path).readUInt32LE(0x10ffc)).toBe(7);
  expect(whole.memory.read32(0)).toBe(0);
});

describe("a closed mapping", () => {
  test("reads zeros, reaches nobody, and crashes nothing", async () => {
    using theirs = await mapSharedFile(place({ create: true }));
    const ours = await mapSharedFile(place());
    const view = ours.memory.words.view(0, SIZE);
    theirs.memory.setBlock(0, 0xaa, SIZE);
    expect(view.every((byte) => byte === 0xaa)).toBe(true);

    const { closed } = ours.memory.mapping!;
    expect(closed?.aborted).toBe(false);
    ours.close();
    expect(closed?.aborted).toBe(true);
    expect(view.every((byte) => byte === 0)).toBe(true);
    ours.memory.words.fill(0, 0x55, SIZE);
    ours.memory.words.store16(0, 1);
    view.fill(0x55);
    expect(ours.memory.words.get32(SIZE - 4)).toBe(0x55555555);
    expect(theirs.memory.words.view(0, SIZE).every((byte) => byte === 0xaa)).toBe(true);

    ours.close();
    ours[Symbol.dispose]();
    expect(ours.memory.words.get32(0)).toBe(0x55555555);
  });

  test.each(REGION_ACCESSES)("refuses $name, and so do its parts", async ({ run }) => {
    const file = await mapSharedFile(place({ create: true }));
    const part = subRegion(file.memory, { name: "part", offset: 8 });
    run(file.memory, 8);
    run(part, 0);
    file.close();
    for (const region of [file.memory, part, subRegion(part, { name: "inner", offset: 8 })]) {
      expect(() => run(region, 0)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    }
  });

  test("never gives its addresses to another", async () => {
    const first = await mapSharedFile(place({ create: true }));
    const stale = first.memory.words.view(0, SIZE);
    first.close();
    for (let round = 0; round < 50; round++) {
      using next = await mapSharedFile(place());
      next.memory.setBlock(0, round + 1, SIZE);
    }
    expect(stale.every((byte) => byte === 0)).toBe(true);
  });

  test("leaves no mapping of the file behind", async () => {
    for (let round = 0; round < 20; round++) {
      using file = await mapSharedFile(place({ create: round === 0 }));
      expect(readFileSync("/proc/self/maps", "utf8")).toContain(file.path);
    }
    expect(readFileSync("/proc/self/maps", "utf8")).not.toContain(path);
  });
});

/** The error of a mapping, or undefined where it is made after all. */
async function failure(options: Partial<SharedFileOptions>): Promise<unknown> {
  return mapSharedFile(place(options)).then(
    (file) => file.close(),
    (error: unknown) => error,
  );
}

describe("mapSharedFile refuses", () => {
  test("a file that does not exist, and makes none", async () => {
    expect(await failure({})).toMatchObject({
      name: "MetalError",
      code: "NOT_FOUND",
      message: `Map the shared file "${path}": no such file or directory (ENOENT)`,
    });
    expect(existsSync(path)).toBe(false);
  });

  test("to make a file that exists, and leaves it as it is", async () => {
    writeFileSync(path, "ours");
    expect(await failure({ create: true })).toMatchObject({
      code: "EXISTS",
      message: `Create the shared file "${path}": file already exists (EEXIST)`,
    });
    expect(readFileSync(path, "utf8")).toBe("ours");
  });

  test("a file that is shorter than asked, before it is mapped (T46)", async () => {
    writeFileSync(path, new Uint8Array(SIZE));
    truncateSync(path, SIZE - 1);
    expect(await failure({})).toMatchObject({
      code: "OUT_OF_RANGE",
      message: `Map the shared file "${path}": ${SIZE} bytes are asked for, and it has ${SIZE - 1}`,
    });
    expect(statSync(path).size).toBe(SIZE - 1);
  });

  test.each([
    ["/dev/null", "INVALID_ARGUMENT", "it is no ordinary file"],
    ["/etc/passwd/x", "NOT_FOUND", "not a directory (ENOTDIR)"],
    ["/etc", "INVALID_ARGUMENT", "illegal operation on a directory (EISDIR)"],
    ["", "INVALID_ARGUMENT", "that is no path"],
    ["a\0b", "INVALID_ARGUMENT", "that is no path"],
    [`/${"x".repeat(300)}`, "INVALID_ARGUMENT", "name too long (ENAMETOOLONG)"],
  ])("the path %j", async (fault, code, words) => {
    expect(await failure({ path: fault })).toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });

  test("a pipe", async () => {
    execFileSync("mkfifo", [path]);
    expect(await failure({})).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: `Map the shared file "${path}": it is no ordinary file`,
    });
  });

  test.each([1, 2048, -0x10000, 0.5, NaN])("the offset %d", async (offset) => {
    writeFileSync(path, new Uint8Array(2 * SIZE));
    expect(await failure({ offset })).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`offset ${offset} is not a multiple of the page size`),
    });
    const made = { path: `${path}.made`, create: true };
    expect(await failure({ ...made, offset })).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(existsSync(made.path)).toBe(false);
  });

  test("a mapping that ends behind the file (T46)", async () => {
    writeFileSync(path, new Uint8Array(SIZE + 4));
    expect(await failure({ offset: SIZE, size: 8 })).toMatchObject({
      code: "OUT_OF_RANGE",
      message: `Map the shared file "${path}": ${SIZE + 8} bytes are asked for, and it has ${SIZE + 4}`,
    });
  });

  test.each([0, -4, 2, 6.5, NaN, Infinity, 2 ** 32 + 4])("%d bytes", async (size) => {
    expect(await failure({ size, create: true })).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(existsSync(path)).toBe(false);
  });

  test("an address beyond 2^53 - 1, and removes the file that it has made", async () => {
    const fault = { physicalAddress: 2 ** 53, create: true };
    expect(await failure(fault)).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(existsSync(path)).toBe(false);
  });
});
