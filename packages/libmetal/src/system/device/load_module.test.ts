import { chmodSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type MadeUpTree, madeUpTree } from "../../../fixtures/made_up_tree.ts";
import { loadModule } from "./load_module.ts";

let tree: MadeUpTree;
beforeEach(() => void (tree = madeUpTree()));
afterEach(() => tree[Symbol.dispose]());

/** A program in the place of modprobe. */
function program(script: string): string {
  tree.write("/modprobe", `#!/bin/sh\n${script}\n`);
  chmodSync(tree.path("/modprobe"), 0o755);
  return tree.path("/modprobe");
}

test("modprobe is run with the name of the module, and nothing else", async () => {
  await loadModule("vfio-pci", {}, program(`echo "$@" > ${tree.path("/said")}`));
  expect(tree.text("/said")).toBe("-- vfio-pci");
  // More than a timer takes.
  await loadModule("vfio-pci", { timeout: 2 ** 32 }, program("sleep 0.1"));
});

test("what modprobe says against it is told, with the line to type", async () => {
  const failing = program(`printf 'could not insert: \\033[1mnot permitted\\n' >&2; exit 1`);
  await expect(loadModule("vfio-pci", {}, failing)).rejects.toMatchObject({
    code: "PERMISSION",
    message:
      `Load the kernel module "vfio-pci": ${failing} failed: could not insert: \\x1b[1mnot ` +
      "permitted; type as root: modprobe vfio-pci",
  });
  await expect(loadModule("vfio-pci", {}, program("exit 3"))).rejects.toMatchObject({
    message: expect.stringContaining("failed: status 3; type as root"),
  });
});

test("without modprobe there is the line to type", async () => {
  await expect(loadModule("vfio-pci", {}, tree.path("/none"))).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: expect.stringMatching(/cannot be run; type as root: modprobe vfio-pci$/),
  });
});

test("a modprobe that does not end is ended, in time or with the signal", async () => {
  // `exec`, so that what is ended is all that runs.
  const hanging = program("exec sleep 60");
  await expect(loadModule("vfio-pci", { timeout: 30 }, hanging)).rejects.toMatchObject({
    code: "TIMEOUT",
  });
  const abort = new AbortController();
  const loading = loadModule("vfio-pci", { signal: abort.signal }, hanging);
  abort.abort();
  await expect(loading).rejects.toMatchObject({ code: "ABORTED" });
  await expect(loadModule("vfio-pci", { signal: abort.signal }, hanging)).rejects.toMatchObject({
    code: "ABORTED",
  });
});
