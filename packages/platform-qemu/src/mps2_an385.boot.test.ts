import { readdir } from "node:fs/promises";
import process, { pid } from "node:process";
import { afterEach, expect, test } from "vitest";
import { nextCrash, ringAndHear, run } from "../fixtures/board.ts";
import { gone, qemusOf } from "../fixtures/processes.ts";
import { doorbellEcho, nothing } from "../fixtures/programs.ts";
import { mps2an385 } from "./mps2_an385.ts";

afterEach(async () => {
  expect(await qemusOf(pid)).toEqual([]);
});

async function openFiles(): Promise<number> {
  return (await readdir("/proc/self/fd")).length;
}

test("many run side by side, each with a memory of its own", async () => {
  const drivers = ["m3@0", "m3@1", "m3@2"].map((name) => mps2an385({ name }));
  try {
    const resources = await Promise.all(drivers.map((driver) => driver.prepare()));
    await Promise.all(drivers.map((driver, index) => run(driver, resources[index]!, doorbellEcho)));
    expect(await qemusOf(pid)).toHaveLength(3);
    const answers = await Promise.all(resources.map((each, index) => ringAndHear(each, index)));
    expect(answers).toEqual([0, 1, 2]);
    for (const [index, { da }] of resources.entries()) {
      da.windows[0]?.memory.write32(0x1000, index + 1);
    }
    expect(resources.map(({ da }) => da.windows[0]?.memory.read32(0x1000))).toEqual([1, 2, 3]);

    // One that dies is no matter for the others.
    const [first, second, third] = drivers;
    await first?.stop();
    const crash = nextCrash(first!);
    await run(first!, resources[0]!, nothing);
    await crash;
    await second?.stop();
    expect(await ringAndHear(resources[2]!, 9)).toBe(9);
    await third?.unprepare();
  } finally {
    await Promise.all(drivers.map((driver) => driver.unprepare()));
  }
});

test("starts, stops and crashes in a row leave no process and no open file", async () => {
  const driver = mps2an385();
  const round = async (program: Uint8Array): Promise<void> => {
    const resources = await driver.prepare();
    if (program === nothing) {
      const crash = nextCrash(driver);
      await run(driver, resources, program);
      await crash;
    } else {
      await run(driver, resources, program);
      expect(await ringAndHear(resources, 1)).toBe(1);
    }
    await driver.unprepare();
  };
  // What a runtime opens once, such as a library, it has opened after a first round.
  await round(doorbellEcho);
  await round(nothing);
  const before = await openFiles();
  for (let index = 0; index < 10; index++) {
    await round(doorbellEcho);
    await round(nothing);
  }
  expect(await openFiles()).toBe(before);
});

test("a QEMU that is killed from outside is a crash", async () => {
  const driver = mps2an385();
  try {
    const resources = await driver.prepare();
    await run(driver, resources, doorbellEcho);
    const crash = nextCrash(driver);
    const [qemu] = await qemusOf(pid);
    process.kill(qemu!, "SIGKILL");
    expect(await crash).toEqual({
      type: "fatal error",
      reason: "QEMU ended with signal SIGKILL",
    });
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
  const [qemu] = await qemusOf(pid);
  process.kill(qemu!, "SIGSTOP");
  await driver.stop();
  await gone(qemu!, 0);
  await driver.unprepare();
});

test("rings that the processor does not take are merged, and it gets them when it wakes", async () => {
  const driver = mps2an385();
  const resources = await driver.prepare();
  await run(driver, resources, doorbellEcho);
  expect(await ringAndHear(resources, 1)).toBe(1);
  const [qemu] = await qemusOf(pid);
  process.kill(qemu!, "SIGSTOP");
  const before = process.memoryUsage().rss;
  for (let index = 0; index < 2_000_000; index++) resources.doorbell.ring(2);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  // The socket holds some hundred rings of id 2, which are answered first.
  const answer = new Promise<void>((resolve) => {
    resources.doorbell.listen((id) => {
      if (id === 3) resolve();
    });
  });
  resources.doorbell.ring(3);
  process.kill(qemu!, "SIGCONT");
  await answer;
  await driver.unprepare();
});
