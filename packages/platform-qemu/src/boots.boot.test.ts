import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { count } from "../../../tools/counts.ts";
import type { Boot } from "../fixtures/boot.ts";
import { isRunning, qemusOf } from "../fixtures/processes.ts";

const program = fileURLToPath(new URL("../fixtures/boots.ts", import.meta.url));
const boots = count("boots in a row");

/** Milliseconds that a boot with all that belongs to it may take on a busy machine. */
const patience = 5000;

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "boots-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Shared memories by name, where a program of ours could have made one. */
async function sharedMemories(): Promise<readonly string[]> {
  return (await readdir("/dev/shm")).filter((name) => /openamp|psram|qemu/.test(name)).toSorted();
}

test(
  `${boots} boots in a row: every one echoes, and none leaves a process, a socket or a file`,
  { timeout: (boots + 5) * patience },
  async () => {
    const before = await sharedMemories();
    // In a process of its own, whose open files and whose directory are nobody else's.
    const host = spawn(process.execPath, [program, String(boots)], {
      env: { ...process.env, TMPDIR: directory },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: boots * patience,
      killSignal: "SIGKILL",
    });
    const exit = once(host, "close");
    const told: Boot[] = [];
    for await (const line of createInterface({ input: host.stdout })) {
      told.push(JSON.parse(line) as Boot);
      expect(await readdir(directory)).toEqual([]);
    }
    expect(await exit).toEqual([0, null]);
    expect(told).toHaveLength(boots);
    // What a runtime opens once, such as a library, it has opened after the first.
    const openFiles = told[1]?.openFiles;
    for (const boot of told.slice(1)) {
      expect(boot).toEqual({ echoed: true, qemu: boot.qemu, running: false, openFiles });
    }
    expect(told[0]).toMatchObject({ echoed: true, running: false });
    expect(new Set(told.map(({ qemu }) => qemu)).size).toBe(boots);
    for (const { qemu } of told) expect(await isRunning(qemu)).toBe(false);
    expect(await qemusOf(host.pid ?? 0)).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
    expect(await sharedMemories()).toEqual(before);
  },
);
