// `bun run pack:demo`: installs the packed packages in an empty folder outside of the repository,
// and runs the demonstration and tools/packed_system.mjs from there on every runtime at hand, as a
// user's project would.

import { accessSync, constants, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { path, run } from "./run.ts";
import { withTarballs } from "./tarballs.ts";
import type { Tarball } from "./tarballs.ts";
import { repository } from "./workspace.ts";

const program = "node_modules/@openamp/cli/src/main.js";

await withTarballs(async (tarballs, folder) => {
  await install(tarballs, folder);
  const runtimes = [
    ["bun", program],
    ["deno", "run", "--allow-all", program],
    ...nodes().map((node) => [node, program]),
  ];
  for (const runtime of runtimes) {
    await demonstrate(runtime, "local", folder);
    await useSystem(runtime.slice(0, -1), folder);
  }
  // Once with the firmware, to see that its images are in their tarball.
  await demonstrate(["bun", program], "qemu", folder);
});

/** Runs the demonstration in `folder`, and says whether all of its messages came back. */
async function demonstrate(
  [command = "", ...args]: readonly string[],
  platform: "local" | "qemu",
  folder: string,
): Promise<void> {
  const demo = [...args, "demo", "--platform", platform, "--json"];
  const { status, stdout, stderr } = await run(command, demo, { cwd: folder, limit: 120 });
  const problem = status === 0 ? problemOf(stdout, platform) : `ended with status ${status}`;
  console.log(`${problem === undefined ? "ok  " : "FAIL"} demo on ${command}, ${platform}`);
  if (problem === undefined) return;
  console.log(problem, stdout, stderr);
  process.exitCode = 1;
}

/** Runs tools/packed_system.mjs in `folder`, and says whether it came to its end. */
async function useSystem(
  [command = "", ...args]: readonly string[],
  folder: string,
): Promise<void> {
  copyFileSync(join(repository, "tools/packed_system.mjs"), join(folder, "packed_system.mjs"));
  const line = [...args, "packed_system.mjs"];
  const { status, stdout, stderr } = await run(command, line, { cwd: folder, limit: 120 });
  const right = status === 0 && stdout === "ok\n";
  console.log(`${right ? "ok  " : "FAIL"} system layer on ${command}`);
  if (right) return;
  console.log(`ended with status ${status}`, stdout, stderr);
  process.exitCode = 1;
}

/** Installs the tarballs, also where one depends on another: nothing of ours is on a registry. */
async function install(tarballs: readonly Tarball[], folder: string): Promise<void> {
  const dependencies = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]));
  // What Node calls the C library by, in the version that this repository has.
  const { devDependencies } = JSON.parse(
    readFileSync(join(repository, "package.json"), "utf8"),
  ) as { readonly devDependencies: { readonly koffi: string } };
  const manifest = {
    private: true,
    type: "module",
    dependencies: { ...dependencies, koffi: devDependencies.koffi },
    overrides: dependencies,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const { status, stderr } = await run("bun", ["install", "--linker=hoisted"], { cwd: folder });
  if (status !== 0) throw new Error(`Cannot install the tarballs: ${stderr}`);
}

/** The pinned Node, and the one that this machine came with, which may be older. */
function nodes(): readonly string[] {
  const own = path
    .split(":")
    .slice(1)
    .map((folder) => join(folder, "node"));
  const other = own.find((file) => !file.startsWith(repository) && isExecutable(file));
  return ["node", ...(other === undefined ? [] : [other])];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with the one object that `openamp demo --json` prints. */
function problemOf(output: string, wanted: string): string | undefined {
  try {
    const { platform, sent, echoed } = JSON.parse(output) as Readonly<Record<string, unknown>>;
    return platform === wanted && sent === 110 && echoed === 110
      ? undefined
      : `did not echo 110 of 110 messages on the platform ${wanted}`;
  } catch {
    return "printed no JSON object";
  }
}
