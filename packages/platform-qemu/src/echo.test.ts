import { pid } from "node:process";
import { imageUrl } from "@openamp/firmware";
import { type Channel, openProcessor, type Processor } from "@openamp/openamp";
import type { Announcement } from "@openamp/rpmsg";
import { seededRandom } from "@openamp/testing";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { next } from "../fixtures/board.ts";
import { nothingLeftOpen, socketsAndMemories } from "../fixtures/left_open.ts";
import { noQemuOf, qemusOf } from "../fixtures/processes.ts";
import { ECHO_SERVICE, echoOf, runEcho } from "../fixtures/running_echo.ts";
import { mps2an385 } from "./mps2_an385.ts";

// What a runtime opens once, with its first child process, it has open after this.
beforeAll(async () => {
  await (await runEcho())[Symbol.asyncDispose]();
});

let before: readonly string[] = [];
beforeEach(async () => {
  before = await socketsAndMemories();
});
afterEach(async () => {
  await noQemuOf(pid);
  await nothingLeftOpen(before);
});

const random = seededRandom(1);

function payloadOf(length: number): Uint8Array {
  return random.fillBytes(new Uint8Array(length));
}

async function bootEcho(processor: Processor): Promise<Channel> {
  await processor.boot({ name: "echo.elf", source: imageUrl("echo") });
  await processor.ready();
  return processor.channel(ECHO_SERVICE);
}

/** Sends messages one after the other, and holds each answer against what was sent. */
async function expectEchoes(channel: Channel, lengths: readonly number[]): Promise<void> {
  for (const length of lengths) {
    const payload = payloadOf(length);
    await channel.send(payload);
    expect(await channel.receive()).toEqual(payload);
  }
}

const times = (count: number, length: number): readonly number[] =>
  Array.from({ length: count }, () => length);

describe("echo.elf", () => {
  test("sends each message back, byte for byte", async () => {
    await using processor = await openProcessor(mps2an385());
    const channel = await bootEcho(processor);
    expect(channel.maxPayload).toBe(496);
    const everyLength = Array.from({ length: 497 }, (_, length) => length);
    await expectEchoes(channel, times(100, 32));
    await expectEchoes(channel, times(10, 496));
    await expectEchoes(channel, everyLength);
    const total = 100 + 10 + 497;
    expect(processor.rpmsg?.counters).toEqual({
      sent: total,
      received: total,
      droppedBuffer: 0,
      droppedShort: 0,
      droppedLength: 0,
      droppedAddress: 0,
      droppedNoHandler: 0,
      droppedAnnouncement: 0,
      handlerErrors: 0,
    });
    expect(channel.dropped).toBe(0);
  });

  test("announces its service, and says in its trace buffer what it does", async () => {
    await using processor = await openProcessor(mps2an385());
    const channel = await bootEcho(processor);
    expect(processor.rpmsg?.announcements).toEqual([
      { name: ECHO_SERVICE, address: 1024, present: true },
    ]);
    expect(channel.endpoint.destination).toBe(1024);
    const { traces } = processor.remoteproc.resources;
    expect(traces.map(({ name, size }) => [name, size])).toEqual([["trace0", 4096]]);
    expect(traces[0]?.read()).toBe("echo: started\nvirtio_rpmsg: rpmsg host is online\n");
  });

  test("keeps the order of more messages than there are buffers", async () => {
    await using processor = await openProcessor(mps2an385());
    const channel = await bootEcho(processor);
    const payloads = Array.from({ length: 1000 }, (_, nth) => payloadOf(nth % 497));
    const sending = (async () => {
      for (const payload of payloads) await channel.send(payload);
    })();
    for (const payload of payloads) expect(await channel.receive()).toEqual(payload);
    await sending;
  });

  test("starts three times in the same memory", async () => {
    await using processor = await openProcessor(mps2an385());
    for (let start = 0; start < 3; start++) {
      const channel = await bootEcho(processor);
      await expectEchoes(channel, [32, 496, 0]);
      await processor.stop();
      expect(await qemusOf(pid)).toEqual([]);
      await expect(channel.receive()).rejects.toMatchObject({ code: "STOPPED" });
    }
  });

  test("runs twice side by side, each with messages of its own", async () => {
    await using first = await openProcessor(mps2an385({ name: "m3@0" }));
    await using second = await openProcessor(mps2an385({ name: "m3@1" }));
    const channels = await Promise.all([bootEcho(first), bootEcho(second)]);
    await Promise.all(channels.map((channel) => expectEchoes(channel, times(100, 32))));
    expect(await qemusOf(pid)).toHaveLength(2);
    await first.stop();
    await expectEchoes(channels[1], [32]);
  });

  test("starts anew after its device was reset while it ran", async () => {
    await using echo = await runEcho();
    for (let round = 0; round < 3; round++) {
      const payload = payloadOf(32);
      using host = await echo.openHost();
      expect(await echoOf(host, payload)).toEqual(payload);
      await echo.reset();
    }
    expect(echo.remoteproc.state).toBe("running");
  });
});

describe("hello.elf", () => {
  test("announces itself, answers, and withdraws", async () => {
    await using processor = await openProcessor(mps2an385());
    await processor.boot({ name: "hello.elf", source: imageUrl("hello") });
    const channel = await processor.channel("hello");
    const withdrawn = next<Announcement>((tell) => {
      const listening = processor.rpmsg?.onAnnouncement(tell);
      if (listening === undefined) throw new Error("There is no rpmsg device");
      return listening;
    });
    await channel.send(payloadOf(5));
    expect(new TextDecoder().decode(await channel.receive())).toBe("hello world!");
    expect(await withdrawn).toEqual({ name: "hello", address: 1024, present: false });
    expect(processor.rpmsg?.announcements).toEqual([]);
    expect(channel.endpoint.ready).toBe(false);
    expect(() => channel.trySend(payloadOf(5))).toThrow(
      expect.objectContaining({ code: "NOT_BOUND" }),
    );
  });
});

describe("firmware that is no peer", () => {
  test("fault.elf is told as a crash", async () => {
    await using processor = await openProcessor(mps2an385());
    await processor.boot({ name: "fault.elf", source: imageUrl("fault") });
    await expect(processor.channel(ECHO_SERVICE)).rejects.toMatchObject({ code: "CRASHED" });
  });

  test("silent.elf is told as not ready", async () => {
    await using processor = await openProcessor(mps2an385());
    await processor.boot({ name: "silent.elf", source: imageUrl("silent") });
    await expect(processor.ready({ timeout: 300 })).rejects.toMatchObject({ code: "NOT_READY" });
  });
});
