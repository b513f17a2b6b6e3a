import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { workerProcessor } from "@openamp/platform-local";
import { describe, expect, test } from "vitest";

import { remoteUrl } from "../fixtures/remote_url.ts";
import { openProcessor } from "./mod.ts";

const obeys = remoteUrl("obeys.ts");
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
/** The reason of a promise that is to reject; nothing goes unhandled meanwhile. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing failed",
    (error: unknown) => error,
  );

describe("the short way", () => {
  test("boots, is ready, talks, and boots again", async () => {
    await using processor = await openProcessor(workerProcessor());
    expect([processor.remoteproc.state, processor.rpmsg]).toEqual(["offline", undefined]);
    for (let round = 0; round < 3; round++) {
      await processor.boot(obeys);
      await processor.ready();
      expect(processor.rpmsg?.announcements.length).toBeLessThanOrEqual(1);
      const channel = await processor.channel("echo");
      expect([channel.name, channel.maxPayload, channel.dropped]).toEqual(["echo", 496, 0]);
      for (const length of [0, 1, 496]) {
        const payload = new Uint8Array(length).fill(round + 1);
        await channel.send(payload);
        expect(await channel.receive()).toEqual(payload);
      }
      expect(channel.trySend(text("try"))).toBe(true);
      expect(await channel.receive()).toEqual(text("try"));
      await processor.stop();
      expect([processor.remoteproc.state, processor.rpmsg]).toEqual(["stopped", undefined]);
      await processor.stop();
    }
  });

  test("two processors run side by side, each with its own", async () => {
    await using first = await openProcessor(workerProcessor({ name: "first" }));
    await using second = await openProcessor(workerProcessor({ name: "second" }));
    await Promise.all([first.boot(obeys), second.boot(obeys)]);
    const channels = await Promise.all([first.channel("echo"), second.channel("echo")]);
    await Promise.all(channels.map((channel, index) => channel.send(Uint8Array.of(index))));
    expect(await Promise.all(channels.map((channel) => channel.receive()))).toEqual([
      Uint8Array.of(0),
      Uint8Array.of(1),
    ]);
    await first.stop();
    await channels[1]?.send(text("still here"));
    expect(await channels[1]?.receive()).toEqual(text("still here"));
  });

  test("a second boot is refused, and harms nothing of the first", async () => {
    await using processor = await openProcessor(workerProcessor());
    const boots = await Promise.allSettled([processor.boot(obeys), processor.boot(obeys)]);
    expect(boots.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(boots[1]).toMatchObject({ reason: { code: "STATE" } });
    const channel = await processor.channel("echo");
    await channel.send(text("alive"));
    expect(await channel.receive()).toEqual(text("alive"));
  });
});

describe("T43: a crash", () => {
  test.each([
    ["throw", /^Use channel "echo": obeys\.ts on worker died: .*told to die/],
    ["exit", /^Use channel "echo": obeys\.ts on worker died: .+/],
  ])("by %s reaches waits, sends and iterations, and a boot helps", async (order, message) => {
    await using processor = await openProcessor(workerProcessor());
    await processor.boot(obeys);
    const channel = await processor.channel("echo");
    const iteration = failure(
      (async () => {
        for await (const _ of channel);
      })(),
    );
    const receive = failure(channel.receive());
    const other = failure(processor.channel("nobody's", { timeout: 30_000 }));
    await channel.send(text(order));
    const crashed = expect.objectContaining({ code: "CRASHED" });
    expect(await iteration).toEqual(crashed);
    expect(await receive).toMatchObject({ message: expect.stringMatching(message) });
    expect(await other).toEqual(crashed);
    expect(await failure(channel.send(text("late")))).toEqual(crashed);
    expect(() => channel.trySend(text("late"))).toThrow(crashed);
    expect(await failure(channel.receive())).toEqual(crashed);
    expect(await failure(processor.ready())).toEqual(crashed);
    expect(await failure(processor.channel("echo"))).toEqual(crashed);
    expect(processor.remoteproc.state).toBe("crashed");
    await processor.boot(obeys);
    const again = await processor.channel("echo");
    await again.send(text("hello"));
    expect(await again.receive()).toEqual(text("hello"));
  });

  test("ends a send that waits for a buffer", async () => {
    const driver = workerProcessor();
    await using processor = await openProcessor(driver);
    await processor.boot(remoteUrl("is_deaf.ts"));
    const channel = await processor.channel("deaf");
    while (channel.trySend(new Uint8Array(1)));
    const sending = failure(channel.send(new Uint8Array(1), { timeout: 30_000 }));
    await processor.stop();
    expect(await sending).toMatchObject({ code: "STOPPED" });
  });

  test.each([
    { name: "missing.ts", source: remoteUrl("missing.ts") },
    { name: "no_program.js", source: new URL("data:text/javascript,const = 1") },
    { name: "dies_at_once.ts", source: remoteUrl("dies_at_once.ts") },
  ])("$name: one sentence, and nothing runs", async (firmware) => {
    await using processor = await openProcessor(workerProcessor());
    const error = await failure(
      (async () => {
        await processor.boot(firmware);
        await processor.channel("echo", { timeout: 30_000 });
      })(),
    );
    // Runtimes differ in when they tell: before the Worker is up, or after.
    expect(error).toMatchObject({ code: expect.stringMatching(/^(START|CRASHED)$/) });
    expect(String(error)).toContain(firmware.name);
    expect(["offline", "crashed"]).toContain(processor.remoteproc.state);
    await processor.boot(obeys);
    await processor.channel("echo");
  });
});

test("firmware that breaks a ring: readers are told at once, and a boot helps", async () => {
  await using processor = await openProcessor(workerProcessor());
  await processor.boot(remoteUrl("breaks_ring.ts"));
  const channel = await processor.channel("fragile");
  const receive = failure(channel.receive({ timeout: 30_000 }));
  const iteration = failure(
    (async () => {
      for await (const _ of channel);
    })(),
  );
  await channel.send(text("go"));
  const broken = expect.objectContaining({ code: "BROKEN" });
  expect(await receive).toEqual(broken);
  expect(await iteration).toEqual(broken);
  expect(await failure(channel.send(text("late")))).toEqual(broken);
  expect(await failure(processor.channel("fragile"))).toEqual(broken);
  await processor.stop();
  await processor.boot(obeys);
  await processor.channel("echo");
});

describe("a stop", () => {
  test("ends waits with STOPPED, and iterations", async () => {
    await using processor = await openProcessor(workerProcessor());
    await processor.boot(obeys);
    const channel = await processor.channel("echo");
    const got: Uint8Array[] = [];
    const iteration = (async () => {
      for await (const message of channel) {
        got.push(message);
        if (got.length === 2) void processor.stop();
      }
    })();
    await channel.send(text("one"));
    await channel.send(text("two"));
    await iteration;
    expect(got).toEqual([text("one"), text("two")]);
    const stopped = expect.objectContaining({ code: "STOPPED" });
    expect(await failure(channel.receive())).toEqual(stopped);
    expect(await failure(channel.send(text("late")))).toEqual(stopped);
  });

  test("ends the wait for an announcement, or for a sign of life", async () => {
    await using processor = await openProcessor(workerProcessor());
    await processor.boot(remoteUrl("has_no_rpmsg.ts"));
    const opening = failure(processor.channel("echo", { timeout: 30_000 }));
    const ready = failure(processor.ready({ timeout: 30_000 }));
    await processor.stop();
    expect(await opening).toMatchObject({
      code: "STOPPED",
      message: 'Open channel "echo": has_no_rpmsg.ts on worker is not running',
    });
    expect(await ready).toMatchObject({ code: "STOPPED" });
  });

  test("at any moment of a boot leaves no device open", async () => {
    for (let turns = 0; turns < 60; turns += 3) {
      await using processor = await openProcessor(workerProcessor());
      const booting = failure(processor.boot(obeys));
      const up = new Promise<void>((resolve) => {
        processor.remoteproc.onState((state) => state === "running" && resolve());
      });
      if (turns > 0) await Promise.race([up, booting]);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await processor.stop();
      await booting;
      await processor.stop();
      expect(processor.rpmsg).toBeUndefined();
    }
  });

  test("by way of its life cycle ends its channels too", async () => {
    await using processor = await openProcessor(workerProcessor());
    await processor.boot(obeys);
    const channel = await processor.channel("echo");
    const receive = failure(channel.receive());
    await processor.remoteproc.shutdown();
    expect(await receive).toMatchObject({ code: "STOPPED" });
    expect(processor.rpmsg).toBeUndefined();
  });
});

describe("firmware that does not do its part", () => {
  test("announces nothing: NOT_ANNOUNCED names the service and the limit", async () => {
    await using processor = await openProcessor(workerProcessor());
    await processor.boot(remoteUrl("is_silent.ts"));
    await expect(processor.channel("echo", { timeout: 50 })).rejects.toMatchObject({
      code: "NOT_ANNOUNCED",
      message: 'Open channel "echo": is_silent.ts did not announce it within 50 ms',
    });
  });

  test("gives no sign of life: NOT_READY", async () => {
    await using processor = await openProcessor(workerProcessor());
    await processor.boot(remoteUrl("has_no_rpmsg.ts"));
    await expect(processor.ready({ timeout: 20 })).rejects.toMatchObject({
      code: "NOT_READY",
      message: "Wait for worker: has_no_rpmsg.ts gave no sign of life within 20 ms",
    });
    const signal = AbortSignal.abort("enough");
    await expect(processor.ready({ signal })).rejects.toMatchObject({ code: "ABORTED" });
    await expect(processor.channel("echo", { signal })).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("is no module", async () => {
    await using processor = await openProcessor(workerProcessor());
    await expect(processor.boot("echo.elf")).rejects.toMatchObject({
      code: "MODULE",
      message: "Load echo.elf: the firmware of a Worker is a module, give its URL",
    });
    expect(processor.remoteproc.state).toBe("offline");
    await expect(processor.ready()).rejects.toMatchObject({ code: "STOPPED" });
  });
});

describe("a channel", () => {
  test("receives in time, until it is aborted or closed", async () => {
    await using processor = await openProcessor(workerProcessor());
    await processor.boot(obeys);
    const channel = await processor.channel("echo");
    await expect(channel.receive({ timeout: 10 })).rejects.toMatchObject({
      code: "NOT_READY",
      message: 'Receive on channel "echo": nothing came within 10 ms',
    });
    const abort = new AbortController();
    const receive = failure(channel.receive({ signal: abort.signal }));
    abort.abort("enough");
    expect(await receive).toMatchObject({ code: "ABORTED", cause: "enough" });
    const early = failure(channel.receive({ signal: abort.signal }));
    expect(await early).toMatchObject({ code: "ABORTED" });
    // A wait that was given up takes no message.
    await channel.send(text("mine"));
    expect(await channel.receive()).toEqual(text("mine"));
    const last = failure(channel.receive());
    channel.close();
    channel.close();
    expect(await last).toMatchObject({ code: "CLOSED" });
    expect(await failure(channel.send(text("late")))).toMatchObject({ code: "CLOSED" });
    for await (const _ of channel) throw new Error("It is closed");
    // The name is free again.
    await using again = await processor.channel("echo");
    await again.send(text("anew"));
    expect(await again.receive()).toEqual(text("anew"));
  });

  test("keeps `depth` messages, and counts what comes beyond", async () => {
    await using processor = await openProcessor(workerProcessor());
    await processor.boot(obeys);
    let seen = 0;
    const { promise: all, resolve } = Promise.withResolvers<void>();
    const onMessage = (): void => void (++seen === 10 && resolve());
    const channel = await processor.channel("echo", { depth: 3, onMessage });
    await channel.send(text("flood 10"));
    await all;
    await Promise.resolve();
    expect(channel.dropped).toBe(7);
    const kept = await Promise.all([channel.receive(), channel.receive(), channel.receive()]);
    expect(kept).toEqual([Uint8Array.of(0), Uint8Array.of(1), Uint8Array.of(2)]);
  });
});

/** Runs `fixtures/talk.ts` in this runtime, and waits until it ends by itself. */
function talk(way: string): Promise<{ readonly status: number | null; readonly output: string }> {
  const program = fileURLToPath(new URL("../fixtures/talk.ts", import.meta.url));
  const words = "deno" in process.versions ? ["run", "--allow-all"] : [];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...words, program, way], {
      // Runtimes print what a Worker died of by themselves.
      stdio: ["ignore", "pipe", "ignore"],
    });
    const limit = setTimeout(() => child.kill("SIGKILL"), 30_000);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (each: string) => (output += each));
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(limit);
      resolve({ status, output: output.trim() });
    });
  });
}

test.each([
  ["hello", "hello"],
  ["stop", "stop"],
  ["again", "again"],
  ["throw", "CRASHED"],
  ["missing", /^(START|CRASHED)$/],
])("a program that talks (%s) ends by itself, with nothing left", async (way, said) => {
  const { status, output } = await talk(way);
  expect(output).toMatch(said);
  expect(status).toBe(0);
});
