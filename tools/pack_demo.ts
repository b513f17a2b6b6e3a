// `bun run pack:demo`: installs the packed packages in an empty folder outside of the repository,
// and runs the demonstration from there on every runtime at hand, as a user's project would.

import { accessSync, constants, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { path, run } from "./run.ts";
import { withTarballs } from "./tarballs.ts";
import type { Tarball } from "./tarballs.ts";
import { repository } from "./workspace.ts";

const program = "node_modules/@openamp/cli/src/main.js";
const demo = ["demo", "--platform", "local", "--json"];

await withTarballs(async (tarballs, folder) => {
  await install(tarballs, folder);
  const commands: readonly (readonly [string, ...string[]])[] = [
    ["bun", program],
    ["deno", "run", "--allow-all", program],
    ...nodes().map((node) => [node, program] as const),
  ];
  for (const [command, ...args] of commands) {
    const { status, stdout, stderr } = await run(command, [...args, ...demo], {
      cwd: folder,
      limit: 120,
    });
    const problem = status === 0 ? problemOf(stdout) : `ended with status ${status}`;
    console.log(`${problem === undefined ? "ok  " : "FAIL"} demo on ${command}`);
    if (problem === undefined) continue;
    console.log(problem, stdout, stderr);
    process.exitCode = 1;
  }
});

/** Installs the tarballs, also where one depends on another: nothing of ours is on a registry. */
async function install(tarballs: readonly Tarball[], folder: string): Promise<void> {
  const dependencies = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]));
  const manifest = { private: true, type: "module", dependencies, overrides: dependencies };
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
function problemOf(output: string): string | undefined {
  try {
    const { platform, sent, echoed } = JSON.parse(output) as Readonly<Record<string, unknown>>;
    return platform === "local" && sent === 110 && echoed === 110
      ? undefined
      : "did not echo 110 of 110 messages on the platform local";
  } catch {
    return "printed no JSON object";
  }
}
