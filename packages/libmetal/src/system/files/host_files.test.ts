import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { hostFiles } from "@openamp/libmetal/system";
import { afterAll, beforeAll, expect, test } from "vitest";

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), "libmetal-"))));
afterAll(() => rmSync(directory, { recursive: true }));

test("a file is read by its path and by its URL", async () => {
  const path = join(directory, "with space.bin");
  writeFileSync(path, Uint8Array.of(1, 2, 3));
  for (const name of [path, pathToFileURL(path)]) {
    expect([...(await hostFiles.read(name))]).toEqual([1, 2, 3]);
  }
});

test.each([
  ["NOT_FOUND", "no-such.elf", "no such file or directory (ENOENT)"],
  ["NOT_FOUND", "/dev/null/x", "not a directory (ENOTDIR)"],
  ["INVALID_ARGUMENT", "/etc", "it is a directory"],
  ["INVALID_ARGUMENT", "/dev/zero", "it is no ordinary file"],
  ["INVALID_ARGUMENT", "x".repeat(300), "name too long (ENAMETOOLONG)"],
])("%s: %s", async (code, path, fault) => {
  await expect(hostFiles.read(path)).rejects.toMatchObject({
    name: "MetalError",
    code,
    message: `Read "${path}": ${fault}`,
  });
});

test.each(["https://example.com/a.elf", "file://example.com/a.elf"])(
  "a URL that is no file of this machine is refused: %s",
  async (url) => {
    await expect(hostFiles.read(new URL(url))).rejects.toMatchObject({
      name: "MetalError",
      code: "SYSTEM",
      message: expect.stringContaining(`Read "${url}": `),
    });
  },
);
