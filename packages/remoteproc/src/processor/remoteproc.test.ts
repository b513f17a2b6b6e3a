import { createLogger } from "@openamp/libmetal";
import { seededRandom } from "@openamp/testing";
import { describe, expect, test } from "vitest";

import { type DriverCall, fakeDriver, type FakeDriver } from "../../fixtures/fake_driver.ts";
import { buildResourceTable } from "../resource/build.ts";
import { createRemoteproc, type Remoteproc } from "./remoteproc.ts";
import type { RemoteprocState } from "./state.ts";

const firmware = { name: "echo.elf", source: new Uint8Array(0) };

/** Brings a processor into a state. */
const into: Readonly<
  Record<RemoteprocState, (processor: Remoteproc, driver: FakeDriver) => unknown>
> = {
  offline: () => undefined,
  ready: (processor) => processor.load(firmware),
  running: (processor) => Promise.all([processor.load(firmware), processor.start()]),
  crashed: async (processor, driver) => {
    await into.running(processor, driver);
    driver.die();
  },
  stopped: async (processor, driver) => {
    await into.running(processor, driver);
    await processor.stop();
  },
};

/** Calls whose effect can be told apart. */
const actions = {
  load: (processor: Remoteproc) => processor.load(firmware),
  start: (processor: Remoteproc) => processor.start(),
  stop: (processor: Remoteproc) => processor.stop(),
  shutdown: (processor: Remoteproc) => processor.shutdown(),
};

/** What each call makes of each state; STATE is a refusal that changes nothing. */
const transitions: readonly (readonly [
  RemoteprocState,
  keyof typeof actions,
  RemoteprocState | "STATE",
])[] = [
  ["offline", "load", "ready"],
  ["offline", "start", "STATE"],
  ["offline", "stop", "offline"],
  ["offline", "shutdown", "offline"],
  ["ready", "load", "ready"],
  ["ready", "start", "running"],
  ["ready", "stop", "ready"],
  ["ready", "shutdown", "offline"],
  ["running", "load", "STATE"],
  ["running", "start", "STATE"],
  ["running", "stop", "stopped"],
  ["running", "shutdown", "offline"],
  ["crashed", "load", "STATE"],
  ["crashed", "start", "STATE"],
  ["crashed", "stop", "stopped"],
  ["crashed", "shutdown", "offline"],
  ["stopped", "load", "ready"],
  ["stopped", "start", "STATE"],
  ["stopped", "stop", "stopped"],
  ["stopped", "shutdown", "offline"],
];

test.each(transitions)("%s: %s gives %s", async (from, action, to) => {
  const driver = fakeDriver();
  const processor = createRemoteproc(driver);
  await into[from](processor, driver);
  expect(processor.state).toBe(from);
  const outcome = await actions[action](processor).then(
    () => processor.state,
    (error: unknown) => error,
  );
  const refusal = { code: "STATE", message: expect.stringContaining(`fake0: it is ${from}`) };
  expect([outcome]).toMatchObject([to === "STATE" ? refusal : to]);
  expect(processor.state).toBe(to === "STATE" ? from : to);
  await processor.shutdown();
  expect(driver.held).toEqual({ prepared: false, running: false });
  expect(driver.watchers).toBe(0);
  expect(driver.wrongs).toEqual([]);
});

/** A call of the driver that goes on until the test ends it. */
function gate(call: DriverCall) {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  return {
    reached,
    open,
    during: async (each: DriverCall, signal?: AbortSignal): Promise<void> => {
      if (each !== call) return;
      const aborted = new Promise<never>((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
      reach();
      await Promise.race([opened, aborted]);
    },
  };
}

describe("a start", () => {
  test("is aborted by a stop that comes meanwhile, and the image can be started again", async () => {
    const { reached, during } = gate("start");
    let first = true;
    const driver = fakeDriver({
      during: (call, signal) => (first ? during(call, signal) : undefined),
    });
    const processor = createRemoteproc(driver);
    await processor.load(firmware);
    const starting = processor.start();
    await reached;
    first = false;
    const stopping = processor.stop();
    await expect(starting).rejects.toMatchObject({
      code: "ABORTED",
      message: "Start fake0: it was stopped meanwhile",
    });
    await stopping;
    expect(processor.state).toBe("ready");
    expect(driver.watchers).toBe(0);
    await processor.start();
    expect(processor.state).toBe("running");
  });

  test("is aborted by a shutdown that comes meanwhile, and nothing is held", async () => {
    const { reached, during } = gate("start");
    const driver = fakeDriver({ during });
    const processor = createRemoteproc(driver);
    await processor.load(firmware);
    const starting = processor.start();
    await reached;
    const end = processor.shutdown();
    await expect(starting).rejects.toMatchObject({ code: "ABORTED" });
    await end;
    expect([processor.state, driver.held.prepared]).toEqual(["offline", false]);
  });

  test("is aborted by its signal, before it begins as meanwhile", async () => {
    const { reached, during } = gate("start");
    const driver = fakeDriver({ during });
    const processor = createRemoteproc(driver);
    await processor.load(firmware);
    const early = processor.start({ signal: AbortSignal.abort("too early") });
    await expect(early).rejects.toMatchObject({ code: "ABORTED", cause: "too early" });
    expect(driver.calls).toEqual(["prepare", "load"]);
    const abort = new AbortController();
    const starting = processor.start({ signal: abort.signal });
    await reached;
    abort.abort("enough");
    await expect(starting).rejects.toMatchObject({
      code: "ABORTED",
      message: "Start fake0: aborted",
      cause: "enough",
    });
    expect([processor.state, driver.watchers]).toEqual(["ready", 0]);
  });

  test("of firmware that dies at once is a start, and then a crash", async () => {
    const { reached, open, during } = gate("start");
    const driver = fakeDriver({ during });
    const processor = createRemoteproc(driver);
    const seen: string[] = [];
    processor.onState((state) => seen.push(state));
    processor.onCrash(({ reason }) => seen.push(reason));
    await processor.load(firmware);
    const starting = processor.start();
    await reached;
    driver.die("first");
    driver.die("second");
    expect(seen).toEqual(["ready"]);
    open();
    await starting;
    expect(seen).toEqual(["ready", "running", "crashed", "first"]);
    expect(processor.crash?.reason).toBe("first");
  });

  test("that fails leaves the image where it is, and nobody listening", async () => {
    const driver = fakeDriver({
      during(call) {
        if (call === "start") throw new Error("no power");
      },
    });
    const processor = createRemoteproc(driver);
    await processor.load(firmware);
    await expect(processor.start()).rejects.toThrow("no power");
    expect([processor.state, driver.watchers]).toEqual(["ready", 0]);
  });
});

describe("a crash", () => {
  test("is told once, also where a listener throws", async () => {
    const lines: string[] = [];
    const logger = createLogger({ write: (line) => lines.push(line) });
    const driver = fakeDriver({ logger });
    const processor = createRemoteproc(driver);
    const heard: string[] = [];
    await into.running(processor, driver);
    processor.onState(() => {
      throw new Error("of the user");
    });
    processor.onCrash(() => {
      throw new Error("of the user");
    });
    processor.onCrash(({ reason }) => heard.push(reason));
    driver.die("hard fault");
    driver.die("again");
    expect([processor.state, heard]).toEqual(["crashed", ["hard fault"]]);
    expect(lines.filter((line) => line.includes("a listener of fake0 threw"))).toHaveLength(2);
    expect(lines.join("\n")).toContain(
      "remoteproc remoteproc0: crash detected in fake0: type fatal error: hard fault",
    );
  });

  test("while it is stopped is no crash: that is what was asked for", async () => {
    const { reached, open, during } = gate("stop");
    const driver = fakeDriver({ during });
    const processor = createRemoteproc(driver);
    const states: string[] = [];
    await into.running(processor, driver);
    processor.onState((state) => states.push(state));
    const stopping = processor.stop();
    await reached;
    driver.die();
    open();
    await stopping;
    expect([states, processor.crash]).toEqual([["stopped"], undefined]);
  });

  test("is forgotten by the next start", async () => {
    const driver = fakeDriver();
    const processor = createRemoteproc(driver);
    await into.crashed(processor, driver);
    await processor.stop();
    expect(processor.crash?.reason).toBe("it was told to");
    await into.running(processor, driver);
    expect([processor.state, processor.crash]).toEqual(["running", undefined]);
  });
});

describe("what fails", () => {
  const outside = buildResourceTable([{ type: "trace", name: "trace0", da: 0x40, len: 16 }]);

  test.each(["prepare", "load"] as const)("%s: nothing is held, nothing changes", async (bad) => {
    const driver = fakeDriver({
      during(call) {
        if (call === bad) throw new Error(`no ${bad}`);
      },
    });
    const processor = createRemoteproc(driver);
    const states: string[] = [];
    processor.onState((state) => states.push(state));
    await expect(processor.load(firmware)).rejects.toThrow(`no ${bad}`);
    expect([processor.state, states, processor.image]).toEqual(["offline", [], undefined]);
    expect(driver.held.prepared).toBe(false);
    expect(driver.wrongs).toEqual([]);
  });

  test("a load that was refused leaves the image before it as it was", async () => {
    let bad = false;
    const driver = fakeDriver({
      during(call) {
        if (bad && call === "load") throw new Error("no ELF");
      },
    });
    const processor = createRemoteproc(driver);
    await processor.load(firmware);
    bad = true;
    await expect(processor.load({ ...firmware, name: "other" })).rejects.toThrow("no ELF");
    expect([processor.state, processor.image?.name]).toEqual(["ready", "echo.elf"]);
    await processor.start();
    expect(processor.state).toBe("running");
  });

  test("an image over the one before it, with a bad table, cannot be started", async () => {
    const options: { table?: Uint8Array } = {};
    const driver = fakeDriver(options);
    const processor = createRemoteproc(driver);
    await processor.load(firmware);
    options.table = outside;
    await expect(processor.load(firmware)).rejects.toMatchObject({
      code: "SEGMENT_OUTSIDE_MEMORY",
      message: expect.stringContaining("echo.elf: entry 0 of its resource table (trace)"),
    });
    expect([processor.state, processor.image, driver.held.prepared]).toEqual([
      "offline",
      undefined,
      false,
    ]);
    await expect(processor.start()).rejects.toMatchObject({ code: "STATE" });
  });

  test("a stop that failed can be called again, and a crash is still heard", async () => {
    let bad = true;
    const driver = fakeDriver({
      during(call) {
        if (bad && call === "stop") throw new Error("it does not listen");
      },
    });
    const processor = createRemoteproc(driver);
    await into.running(processor, driver);
    await expect(processor.stop()).rejects.toThrow("it does not listen");
    expect([processor.state, driver.watchers]).toEqual(["running", 1]);
    driver.die();
    expect(processor.state).toBe("crashed");
    bad = false;
    await processor.stop();
    expect([processor.state, driver.watchers]).toEqual(["stopped", 0]);
  });

  test.each([["stop"], ["unprepare"], ["stop", "unprepare"]])(
    "a shutdown in which %s and %s fail is offline all the same",
    async (...bad) => {
      const driver = fakeDriver({
        during(call) {
          if (bad.includes(call)) throw new Error(`no ${call}`);
        },
      });
      const processor = createRemoteproc(driver);
      await into.running(processor, driver);
      await expect(processor.shutdown()).rejects.toThrow(`no ${bad.at(-1)}`);
      expect([processor.state, driver.watchers]).toEqual(["offline", 0]);
      expect(driver.calls).toContain("unprepare");
    },
  );

  test("what cannot be released does not hide why it was to be", async () => {
    const lines: string[] = [];
    const driver = fakeDriver({
      table: outside,
      logger: createLogger({ write: (line) => lines.push(line) }),
      during(call) {
        if (call === "unprepare") throw new Error("stuck");
      },
    });
    const loading = createRemoteproc(driver).load(firmware);
    await expect(loading).rejects.toMatchObject({ code: "SEGMENT_OUTSIDE_MEMORY" });
    expect(lines.join("\n")).toContain("release fake0: Error: stuck");
  });
});

test("calls run one after the other, and one that fails does not stop the next", async () => {
  const driver = fakeDriver();
  const processor = createRemoteproc(driver);
  const results = await Promise.allSettled([
    processor.start(),
    processor.load(firmware),
    processor.load(firmware),
    processor.start(),
    processor.load(firmware),
    processor.stop(),
    processor.shutdown(),
  ]);
  expect(results.map(({ status }) => status === "fulfilled")).toEqual([
    false,
    true,
    true,
    true,
    false,
    true,
    true,
  ]);
  expect(driver.calls).toEqual(["prepare", "load", "load", "start", "stop", "unprepare"]);
  expect(driver.wrongs).toEqual([]);
});

test("it logs in the kernel's words", async () => {
  const lines: string[] = [];
  const driver = fakeDriver({ logger: createLogger({ write: (line) => lines.push(line) }) });
  const processor = createRemoteproc(driver, "remoteproc3");
  await into.running(processor, driver);
  await processor.shutdown();
  expect(lines).toEqual([
    "remoteproc remoteproc3: powering up fake0",
    "remoteproc remoteproc3: Booting fw image echo.elf, size 1",
    "remoteproc remoteproc3: remote processor fake0 is now up",
    "remoteproc remoteproc3: stopped remote processor fake0",
  ]);
});

test("disposing of it shuts it down", async () => {
  const driver = fakeDriver();
  {
    await using processor = createRemoteproc(driver);
    await into.running(processor, driver);
  }
  expect(driver.held).toEqual({ prepared: false, running: false });
});

/** The states that may follow each one. */
const successors: Readonly<Record<RemoteprocState, readonly RemoteprocState[]>> = {
  offline: ["ready"],
  ready: ["running", "offline"],
  running: ["crashed", "stopped", "offline"],
  crashed: ["stopped", "offline"],
  stopped: ["ready", "offline"],
};

describe("T43: calls, crashes and failures in any order", () => {
  test.each(Array.from({ length: 300 }, (_, seed) => seed))("seed %i", async (seed) => {
    const random = seededRandom(seed);
    let failures = true;
    /** Calls of the driver that go on; each ends, or fails, when the test says so. */
    const open: (() => void)[] = [];
    const driver = fakeDriver({
      during: (call, signal) =>
        new Promise((resolve, reject) => {
          // What is to release everything must be tried to the end.
          const fails = failures && call !== "unprepare" && random.chance(0.15);
          open.push(() => (fails ? reject(new Error(`no ${call}`)) : resolve()));
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
    });
    const processor = createRemoteproc(driver);
    let over = false;
    let before: RemoteprocState = processor.state;
    const faults: string[] = [];
    processor.onState((state) => {
      if (over) faults.push(`${state} after the end`);
      if (!successors[before].includes(state)) faults.push(`${before} to ${state}`);
      before = state;
    });
    processor.onCrash(() => {
      if (over || processor.state !== "crashed") faults.push(`crash in ${processor.state}`);
    });
    const calls: Promise<unknown>[] = [];
    for (let step = 0; step < 40; step++) {
      const event = random.between(0, 9);
      if (event < 2) calls.push(processor.load(firmware));
      else if (event < 4) calls.push(processor.start());
      else if (event === 4) calls.push(processor.stop());
      else if (event === 5 && random.chance(0.5)) calls.push(processor.shutdown());
      else if (event === 6) driver.die();
      else open.shift()?.();
      for (const call of calls) call.catch(() => undefined);
      for (let turn = random.between(0, 12); turn > 0; turn--) await Promise.resolve();
    }
    failures = false;
    const ending = { over: false };
    const end = processor.shutdown().finally(() => (ending.over = true));
    while (!ending.over) {
      open.shift()?.();
      await Promise.resolve();
    }
    await end.catch(() => undefined);
    over = true;
    driver.die();
    const reasons = (await Promise.allSettled(calls)).flatMap((result) =>
      result.status === "rejected" ? [String(result.reason)] : [],
    );
    const known = /: it is |stopped meanwhile|no (prepare|load|start|stop)/;
    expect(reasons.filter((reason) => !known.test(reason))).toEqual([]);
    expect(faults).toEqual([]);
    expect(driver.wrongs).toEqual([]);
    expect([processor.state, driver.held, driver.watchers]).toEqual([
      "offline",
      { prepared: false, running: false },
      0,
    ]);
  });
});
