import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildImages, sources } from "../tools/build_images.ts";
import { firmwareNames, imageUrl } from "./mod.ts";

const run = promisify(execFile);

let directory: string;
let warnings: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "openamp-firmware-"));
  // Elsewhere, under a name of another length: no path may get into an image.
  const copy = join(directory, "a place with spaces", "c");
  await cp(sources, copy, { recursive: true });
  warnings = await buildImages(directory, copy);
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** Which compiler and linker made an image, by its own record. */
async function toolchain(path: string): Promise<string> {
  const { stdout } = await run("arm-none-eabi-readelf", ["--string-dump=.comment", path]);
  return stdout.slice(stdout.indexOf("["));
}

/** The names that an image defines for all of its files, in order. */
async function symbols(path: string): Promise<readonly string[]> {
  const options = ["--extern-only", "--defined-only", "--format=posix", path];
  const { stdout } = await run("arm-none-eabi-nm", options);
  return stdout
    .split("\n")
    .map((line) => line.replace(/ .*/, ""))
    .toSorted();
}

/** The bytes of the resource table; none where there is no such section. */
async function resourceTable(path: string): Promise<Uint8Array> {
  const binary = join(directory, "resource_table.bin");
  const options = ["--output-target=binary", "--only-section=.resource_table"];
  await run("arm-none-eabi-objcopy", [...options, path, binary]);
  return new Uint8Array(await readFile(binary));
}

describe.each(firmwareNames)("%s, built again", (name) => {
  const committed = fileURLToPath(imageUrl(name));
  const rebuilt = (): string => join(directory, `${name}.elf`);

  test("names its compiler and its linker", async () => {
    const record = await toolchain(rebuilt());
    expect(record).toMatch(/GCC: .*\d+\.\d+\.\d+/);
    expect(record).toMatch(/GNU ld .*\d+\.\d+/);
  });

  test("has the same bytes by the recorded tools, and by any the same symbols and table", async () => {
    const same = (await toolchain(committed)) === (await toolchain(rebuilt()));
    const expected = same ? committed : rebuilt();
    expect(await readFile(rebuilt())).toStrictEqual(await readFile(expected));
    expect(same ? warnings : "").toBe("");
    expect(await symbols(rebuilt())).toStrictEqual(await symbols(committed));
    const table = await resourceTable(committed);
    expect(await resourceTable(rebuilt())).toStrictEqual(table);
    expect(table).toHaveLength(name === "bare" ? 0 : 140);
  });
});
