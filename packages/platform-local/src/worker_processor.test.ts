import type { ProcessorCrash, ProcessorResources } from "@openamp/remoteproc";
import { fakeClock } from "@openamp/testing";
import { describe, expect, test } from "vitest";

import { openRemote } from "./remote/mod.ts";
import { workerProcessor } from "./worker_processor.ts";

const source = new URL("../fixtures/answers.ts", import.meta.url);
const firmware = { name: "answers.ts", source };

/** Resolves when the last word of the memory is a value. */
function lastWord({ da, doorbell }: ProcessorResources, value: number): Promise<void> {
  return new Promise((resolve) => {
    const memory = da.windows[0]?.memory;
    const look = (): void => {
      if (memory?.read32(memory.size - 4) !== value) return;
      listening[Symbol.dispose]();
      resolve();
    };
    const listening = doorbell.listen(look);
    look();
  });
}

describe("workerProcessor", () => {
  test.each([65536, 1 << 20, 1 << 22])("shares %i bytes", async (memorySize) => {
    const driver = workerProcessor({ memorySize });
    const resources = await driver.prepare();
    try {
      expect(resources.da.windows[0]?.size).toBe(memorySize);
      expect(resources.pool.size).toBe(memorySize - 4096);
      const image = await driver.load(firmware, resources);
      await driver.start(image);
      await lastWord(resources, 100);
      resources.doorbell.ring(0);
      await lastWord(resources, 101);
    } finally {
      await driver.unprepare();
    }
  });

  test.each([0, 4096, 65535, 65537, 100_000.5, -65536, NaN])(
    "refuses a memory of %d bytes",
    async (memorySize) => {
      const driver = workerProcessor({ memorySize });
      await expect(driver.prepare()).rejects.toMatchObject({
        code: "MEMORY_SIZE",
        message: expect.stringContaining(`${memorySize} bytes`),
      });
    },
  );

  test("T41: a start has a limit, and leaves no timer when it succeeds", async () => {
    const clock = fakeClock();
    const driver = workerProcessor({ clock });
    const resources = await driver.prepare();
    try {
      const image = await driver.load(firmware, resources);
      const start = driver.start(image);
      clock.advance(30_000);
      await expect(start).rejects.toMatchObject({
        code: "START",
        message: "Start worker with answers.ts: it was not up within 30000 ms",
      });
      await driver.start(image);
      expect(clock.pending).toBe(0);
    } finally {
      await driver.unprepare();
    }
  });

  test("runs two side by side, whose memories are their own", async () => {
    const drivers = [workerProcessor({ name: "a" }), workerProcessor({ name: "b" })];
    const all = await Promise.all(drivers.map((driver) => driver.prepare()));
    try {
      for (const [index, driver] of drivers.entries()) {
        const resources = all[index];
        if (resources === undefined) throw new Error("It was prepared");
        await driver.start(await driver.load(firmware, resources));
        await lastWord(resources, 100);
      }
      const [first, second] = all;
      if (first === undefined || second === undefined) throw new Error("Both were prepared");
      first.doorbell.ring(0);
      await lastWord(first, 101);
      expect(second.da.windows[0]?.memory.read32((1 << 20) - 4)).toBe(100);
    } finally {
      await Promise.all(drivers.map((driver) => driver.unprepare()));
    }
  });

  test("a stop and an unprepare are no crash, and harmless when nothing runs", async () => {
    const driver = workerProcessor();
    const crashes: ProcessorCrash[] = [];
    driver.onCrash((crash) => crashes.push(crash));
    await driver.stop();
    await driver.unprepare();
    const resources = await driver.prepare();
    const image = await driver.load(firmware, resources);
    await driver.start(image);
    await driver.stop();
    await driver.start(image);
    await driver.unprepare();
    await driver.unprepare();
    expect(crashes).toEqual([]);
    await expect(driver.start(image)).rejects.toMatchObject({ code: "START" });
  });

  test("an aborted start leaves no Worker", async () => {
    const driver = workerProcessor();
    const resources = await driver.prepare();
    const image = await driver.load(firmware, resources);
    await expect(driver.start(image, AbortSignal.abort("early"))).rejects.toBe("early");
    const abort = new AbortController();
    const starting = driver.start(image, abort.signal);
    abort.abort("enough");
    await expect(starting).rejects.toBe("enough");
    await driver.unprepare();
  });

  test("a start leaves nobody listening to its signal, whatever became of it", async () => {
    const driver = workerProcessor();
    const resources = await driver.prepare();
    const { signal } = new AbortController();
    let listening = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listening++;
      add(...given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listening--;
      remove(...given);
    };
    for (const each of [source, new URL("../fixtures/no_such_module.ts", import.meta.url)]) {
      const image = await driver.load({ name: each.pathname, source: each }, resources);
      // Runtimes differ in whether a module that is missing is a failed start or a crash.
      await driver.start(image, signal).catch(() => undefined);
      expect(listening).toBe(0);
      await driver.stop();
    }
    await driver.unprepare();
  });

  test("tells why its Worker ended, once", async () => {
    const driver = workerProcessor();
    const resources = await driver.prepare();
    const dies = "data:text/javascript,setTimeout(() => { throw new Error('a fault') }, 1)";
    const image = await driver.load({ name: "dies", source: dies }, resources);
    const reasons: string[] = [];
    const crashed = new Promise<void>((resolve) => {
      driver.onCrash(({ type, reason }) => {
        reasons.push(`${type}: ${reason}`);
        resolve();
      });
    });
    await driver.start(image);
    await crashed;
    await driver.unprepare();
    expect(reasons).toEqual([expect.stringMatching(/^fatal error: .*a fault/)]);
  });

  test.each(["echo.ts", "/firmware/echo.ts", new Uint8Array(4)])(
    "takes a module by its URL only",
    async (wrong) => {
      const driver = workerProcessor();
      const resources = await driver.prepare();
      await expect(
        driver.load({ name: "echo.ts", source: wrong }, resources),
      ).rejects.toMatchObject({ code: "MODULE" });
      await driver.unprepare();
    },
  );
});

test("openRemote() outside a Worker of ours says so", () => {
  expect(() => openRemote()).toThrow(expect.objectContaining({ code: "NO_HOST" }));
});
