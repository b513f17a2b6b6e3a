import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchGuest } from "./guest.mjs";

const path = process.env["PATH"];
let directory: string;
let said: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "openamp-guest-"));
  mkdirSync(join(directory, "bin"));
  said = [];
});
afterEach(() => {
  process.env["PATH"] = path;
  rmSync(directory, { recursive: true });
});

/** Fetches on a machine whose commands are scripts; the rest of them is this machine's. */
function fetchWith(commands: Readonly<Record<string, string>>): string | undefined {
  for (const [name, script] of Object.entries(commands)) {
    writeFileSync(join(directory, "bin", name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(directory, "bin", name), 0o755);
  }
  process.env["PATH"] = `${join(directory, "bin")}:${path}`;
  return fetchGuest(join(directory, "guest"), (line: string) => void said.push(line));
}

const knows = "echo '  Depends: linux-image-6.1.0-1-amd64'";
/** Makes an empty file for each package that is asked for. */
const download = `
  test "$2" = download || exit 0
  shift 2
  for name; do touch "$name"_1_amd64.deb; done
`;
/** A package with files at these places. */
function packed(...files: readonly string[]): string {
  return `
    folder=$(mktemp -d)
    for file in ${files.join(" ")}; do
      mkdir -p "$folder/$(dirname "$file")"; touch "$folder/$file"
    done
    tar -C "$folder" -c .; rm -r "$folder"
  `;
}
const everything = packed(
  "bin/busybox",
  "boot/vmlinuz-6.1.0-1-amd64",
  ...["uio/uio", "uio/uio_pci_generic", "vfio/vfio"].map(
    (name) => `lib/modules/6.1.0-1-amd64/kernel/drivers/${name}.ko`,
  ),
  "lib/modules/6.1.0-1-amd64/kernel/virt/lib/irqbypass.ko",
  "usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so",
  "usr/share/qemu/kvmvapic.bin",
  "usr/share/qemu/linuxboot_dma.bin",
  "usr/share/seabios/bios-256k.bin",
  "usr/bin/qemu-system-x86_64",
  "usr/share/doc/not-wanted",
);

test("what is there is not fetched again", () => {
  mkdirSync(join(directory, "guest"));
  expect(fetchWith({ "apt-cache": "exit 1" })).toBeUndefined();
  expect(said).toEqual([]);
});

test("a machine that is offline is told so, and nothing stays behind", () => {
  const problem = fetchWith({ "apt-cache": knows, "apt-get": "exit 100" });
  expect(problem).toMatch(
    /^apt-get could not download busybox-static, linux-image-6\.1\.0-1-amd64/,
  );
  expect(said).toHaveLength(1);
  expect(readdirSync(directory)).toEqual(["bin"]);
});

test("a machine without Debian's lists is told so", () => {
  const commands = { "apt-cache": "exit 1", "apt-get": "exit 1" };
  expect(fetchWith(commands)).toBe("apt-cache knows no linux-image-amd64");
});

test("a package without what is looked for is named, and nothing stays behind", () => {
  const problem = fetchWith({
    "apt-cache": knows,
    "apt-get": download,
    "dpkg-deb": packed("bin/other"),
  });
  expect(problem).toBe("the package busybox-static_1_amd64.deb has no ./bin/busybox");
  expect(readdirSync(directory)).toEqual(["bin"]);
});

test("lists that are old are fetched, the packages are tried again, and what is needed is taken", () => {
  const lists = join(directory, "lists");
  const update = `if [ "$2" = update ]; then touch ${lists}; exit 0; fi`;
  const problem = fetchWith({
    "apt-cache": knows,
    "apt-get": `${update}; test -e ${lists} || exit 100; ${download}`,
    "dpkg-deb": everything,
  });
  expect(problem).toBeUndefined();
  expect(readdirSync(join(directory, "guest")).toSorted()).toEqual(["bin", "boot", "lib", "usr"]);
  expect(readdirSync(join(directory, "guest/usr/share")).toSorted()).toEqual(["qemu", "seabios"]);
  expect(readdirSync(directory).toSorted()).toEqual(["bin", "guest", "lists"]);
});
