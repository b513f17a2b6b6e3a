import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process, { pid } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { count } from "../../../tools/counts.ts";
import { nextCrash, ringAndHear, run } from "../fixtures/board.ts";
import { isRunning, noQemuOf, qemuOf, qemusOf } from "../fixtures/processes.ts";
import { doorbellEcho, nothing } from "../fixtures/programs.ts";
import type { Rounds } from "../fixtures/rounds.ts";
import { command, runtimes } from "../fixtures/runtimes.ts";
import { mps2an385 } from "./mps2_an385.ts";

afterEach(() => noQemuOf(pid));

test("many run side by side, each with a memory of its own", async () => {
  const boards = await Promise.all(
    ["m3@0", "m3@1", "m3@2"].map(async (name) => {
      const driver = mps2an385({ name });
      return { driver, resources: await driver.prepare() };
    }),
  );
  try {
    await Promise.all(boards.map(({ driver, resources }) => run(driver, resources, doorbellEcho)));
    expect(await qemusOf(pid)).toHaveLength(boards.length);
    const answers = boards.map(({ resources }, index) => ringAndHear(resources, index));
    expect(await Promise.all(answers)).toEqual([0, 1, 2]);

    const memories = boards.map(({ resources }) => resources.da.windows[0]?.memory);
    for (const [index, memory] of memories.entries()) memory?.write32(0x2000, index + 1);
    expect(memories.map((memory) => memory?.read32(0x2000))).toEqual([1, 2, 3]);

    // One that is stopped, dies, or is gone is no matter for the others.
    const [first, second, third] = boards as [...typeof boards, never, never, never];
    await first.driver.stop();
    const crash = nextCrash(first.driver);
    await run(first.driver, first.resources, nothing);
    await crash;
    await second.driver.unprepare();
    expect(await ringAndHear(third.resources, 9)).toBe(9);
  } finally {
    await Promise.all(boards.map(({ driver }) => driver.unprepare()));
  }
});

/** Shared memories that have a name, where it is one that a program of ours could have given. */
async function namedMemories(): Promise<readonly string[]> {
  return (await readdir("/dev/shm")).filter((name) => /openamp|psram|qemu/.test(name));
}

describe("boots in a row", () => {
  const program = fileURLToPath(new URL("../fixtures/rounds.ts", import.meta.url));
  const times = count("boots in a row");

  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "boots-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test.each(runtimes)(
    "all echo in %s, and leave no process, no open file and no file",
    async (runtime) => {
      const [executable, ...options] = command(runtime, ["--allow-all"]);
      const words = [...options, program, String(times)];
      const env = { ...process.env, TMPDIR: directory };
      const memories = await namedMemories();
      const { stdout } = await promisify(execFile)(executable, words, { env, timeout: 280_000 });
      const { openFiles, ...rounds } = JSON.parse(stdout) as Rounds;
      expect(rounds).toEqual({ echoed: times, crashed: times, processes: 0 });
      expect(openFiles[1]).toEqual(openFiles[0]);
      expect(await readdir(directory)).toEqual([]);
      expect(await namedMemories()).toEqual(memories);
    },
    300_000,
  );
});

test("a QEMU that is killed from outside is a crash", async () => {
  const driver = mps2an385();
  try {
    const resources = await driver.prepare();
    await run(driver, resources, doorbellEcho);
    const crash = nextCrash(driver);
    process.kill(await qemuOf(pid), "SIGKILL");
    expect(await crash).toEqual({ type: "fatal error", reason: "QEMU ended with signal SIGKILL" });
    await run(driver, resources, doorbellEcho);
    expect(await ringAndHear(resources, 1)).toBe(1);
  } finally {
    await driver.unprepare();
  }
});

test("a QEMU that obeys nothing is killed", async () => {
  const driver = mps2an385({ stopTimeout: 100 });
  const resources = await driver.prepare();
  await run(driver, resources, doorbellEcho);
  const qemu = await qemuOf(pid);
  process.kill(qemu, "SIGSTOP");
  await driver.stop();
  expect(await isRunning(qemu)).toBe(false);
  await driver.unprepare();
});

test("rings that the processor does not take are merged, and it gets them when it wakes", async () => {
  const driver = mps2an385();
  const resources = await driver.prepare();
  const { doorbell } = resources;
  try {
    await run(driver, resources, doorbellEcho);
    expect(await ringAndHear(resources, 1)).toBe(1);
    const qemu = await qemuOf(pid);
    process.kill(qemu, "SIGSTOP");
    const before = process.memoryUsage().rss;
    for (let index = 0; index < 2_000_000; index++) doorbell.ring(2);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
    // The socket holds some hundred rings of id 2, which are answered first.
    const answer = new Promise<void>((resolve) => {
      doorbell.listen((id) => {
        if (id === 3) resolve();
      });
    });
    doorbell.ring(3);
    process.kill(qemu, "SIGCONT");
    await answer;
  } finally {
    await driver.unprepare();
  }
});
