import { pid } from "node:process";
import { imageUrl } from "@openamp/firmware";
import type { ProcessorDriver } from "@openamp/remoteproc";
import { afterEach, describe, expect, test } from "vitest";
import { nextCrash, nextLine, place, ringAndHear, run } from "../fixtures/board.ts";
import { withFakeQemu } from "../fixtures/fake_qemu.ts";
import { noQemuOf, qemusOf } from "../fixtures/processes.ts";
import { doorbellEcho, hungry, lateEcho, nothing, selfReset } from "../fixtures/programs.ts";
import { mps2an385, type Mps2An385Options } from "./mps2_an385.ts";

const drivers: ProcessorDriver[] = [];

function open(options?: Mps2An385Options): ProcessorDriver {
  const driver = mps2an385(options);
  drivers.push(driver);
  return driver;
}

/** What a call fails with, to be looked at later. */
function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.unprepare();
  await noQemuOf(pid);
});

describe("a running processor", () => {
  test("rings, is rung, and prints", async () => {
    const driver = open();
    const resources = await driver.prepare();
    const line = nextLine(driver);
    await run(driver, resources, doorbellEcho);
    expect(await line).toBe("up\\x1b[1m");
    for (const id of [0, 1, 31, 255]) expect(await ringAndHear(resources, id)).toBe(id);
    await driver.stop();
    expect(await qemusOf(pid)).toEqual([]);
    await driver.stop();
  });

  test("hears a ring from before it listened", async () => {
    const driver = open();
    const resources = await driver.prepare();
    await run(driver, resources, lateEcho);
    expect(await ringAndHear(resources, 7)).toBe(7);
  });

  test("runs a new program after a restart, in the same memory", async () => {
    const driver = open();
    const resources = await driver.prepare();
    await run(driver, resources, doorbellEcho);
    expect(await ringAndHear(resources, 1)).toBe(1);
    await driver.stop();
    const crash = nextCrash(driver);
    await run(driver, resources, selfReset);
    expect((await crash).reason).toContain("guest-reset");
    await run(driver, resources, doorbellEcho);
    expect(await ringAndHear(resources, 2)).toBe(2);
  });

  test("runs a loaded ELF image", async () => {
    const driver = open();
    const resources = await driver.prepare();
    const image = await driver.load({ name: "hello.elf", source: imageUrl("hello") }, resources);
    const line = nextLine(driver);
    await driver.start(image);
    expect(await line).toContain("hello from the remote processor");
  });
});

describe("a crash", () => {
  test.each([
    ["a lock-up", nothing, "fatal error", /signal SIGABRT: qemu: fatal: Lockup/],
    ["a reset by the firmware", selfReset, "fatal error", /guest-reset/],
    ["a reset by the watchdog", hungry, "watchdog", /watchdog/],
  ] as const)("is told after %s, once", async (_what, program, type, reason) => {
    const driver = open();
    const resources = await driver.prepare();
    let crashes = 0;
    driver.onCrash(() => crashes++);
    const crash = nextCrash(driver);
    await run(driver, resources, program);
    expect(await crash).toEqual({ type, reason: expect.stringMatching(reason) });
    expect(await qemusOf(pid)).toEqual([]);
    await driver.stop();
    await driver.unprepare();
    expect(crashes).toBe(1);
  });

  test("is not told after a stop", async () => {
    const driver = open();
    const resources = await driver.prepare();
    let crashes = 0;
    driver.onCrash(() => crashes++);
    await run(driver, resources, doorbellEcho);
    await driver.stop();
    await driver.unprepare();
    expect(crashes).toBe(0);
  });
});

describe("a start that fails", () => {
  const image = { name: "program", size: 0, entry: 0 };

  test("is told in QEMU's own words", () =>
    withFakeQemu(
      { started: "echo 'qemu: warning: hm' >&2; echo 'qemu-fake: no such board' >&2; exit 3" },
      async (qemu) => {
        const driver = open({ qemu });
        await driver.prepare();
        await expect(driver.start(image)).rejects.toMatchObject({
          code: "QEMU_FAILED",
          message: `Start QEMU ("${qemu}" 7.2.0): it ended with status 3: qemu-fake: no such board`,
        });
      },
    ));

  test("is told when QEMU refuses an argument", async () => {
    const driver = open({ qemuArguments: ["-no-such-option"] });
    await driver.prepare();
    await expect(driver.start(image)).rejects.toMatchObject({
      code: "QEMU_FAILED",
      message: expect.stringContaining("-no-such-option: invalid option"),
    });
  });

  test("has a limit, and may come again", () =>
    withFakeQemu({ started: "exec sleep 60" }, async (qemu) => {
      const driver = open({ qemu, startTimeout: 1000 });
      await driver.prepare();
      const late = {
        code: "TIMEOUT",
        message: `Start QEMU ("${qemu}"): not done within 1000 ms`,
      };
      await expect(driver.start(image)).rejects.toMatchObject(late);
      await expect(driver.start(image)).rejects.toMatchObject(late);
    }));

  test("can be aborted, by its signal and by unprepare", () =>
    withFakeQemu({ started: "exec sleep 60" }, async (qemu) => {
      const driver = open({ qemu });
      await driver.prepare();
      const controller = new AbortController();
      const first = failure(driver.start(image, controller.signal));
      controller.abort("enough");
      expect(await first).toMatchObject({ code: "ABORTED", cause: "enough" });
      const second = failure(driver.start(image));
      await driver.unprepare();
      expect(await second).toMatchObject({ code: "ABORTED" });
    }));

  test("is no obstacle to the next one", async () => {
    const driver = open();
    const resources = await driver.prepare();
    place(resources, doorbellEcho);
    await expect(driver.start(image, AbortSignal.abort())).rejects.toMatchObject({
      code: "ABORTED",
    });
    expect(await qemusOf(pid)).toEqual([]);
    await run(driver, resources, doorbellEcho);
    expect(await ringAndHear(resources, 1)).toBe(1);
  });
});

describe("calls out of order", () => {
  test("are refused", async () => {
    const driver = open();
    const image = { name: "program", size: 0, entry: 0 };
    await expect(driver.start(image)).rejects.toMatchObject({ code: "INVALID_STATE" });
    await driver.stop();
    await driver.unprepare();
    const resources = await driver.prepare();
    await expect(driver.prepare()).rejects.toMatchObject({ code: "INVALID_STATE" });
    await run(driver, resources, doorbellEcho);
    await expect(driver.start(image)).rejects.toMatchObject({ code: "INVALID_STATE" });
    const firmware = { name: "hello.elf", source: imageUrl("hello") };
    await expect(driver.load(firmware, resources)).rejects.toMatchObject({ code: "INVALID_STATE" });
  });

  test("prepare may come again, after a failure and after unprepare", async () => {
    const missing = open({ qemu: "qemu-system-nowhere" });
    await expect(missing.prepare()).rejects.toMatchObject({ code: "QEMU_MISSING" });
    await expect(missing.prepare()).rejects.toMatchObject({ code: "QEMU_MISSING" });
    const driver = open();
    await driver.prepare();
    await driver.unprepare();
    const resources = await driver.prepare();
    await run(driver, resources, doorbellEcho);
    expect(await ringAndHear(resources, 1)).toBe(1);
  });

  test("unprepare ends a prepare", () =>
    withFakeQemu({ asked: "exec sleep 60" }, async (qemu) => {
      const driver = open({ qemu });
      const preparing = failure(driver.prepare());
      await driver.unprepare();
      expect(await preparing).toMatchObject({ code: "ABORTED" });
    }));
});
