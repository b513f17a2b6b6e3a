import { pid } from "node:process";
import { imageUrl } from "@openamp/firmware";
import { addressSpace } from "@openamp/libmetal";
import { openProcessor } from "@openamp/openamp";
import type { RpmsgDevice, RpmsgError } from "@openamp/rpmsg";
import { type AttackOnDriver, attacksOnDriver, rawSplitRing, seededRandom } from "@openamp/testing";
import { type BrokenQueue, splitRing } from "@openamp/virtio";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { count } from "../../../tools/counts.ts";
import { nothingLeftOpen, socketsAndMemories } from "../fixtures/left_open.ts";
import { noQemuOf } from "../fixtures/processes.ts";
import { ECHO_SERVICE, echoOf, runEcho, type RunningEcho } from "../fixtures/running_echo.ts";
import { mps2an385 } from "./mps2_an385.ts";

let before: readonly string[] = [];
beforeEach(async () => {
  before = await socketsAndMemories();
});
afterEach(async () => {
  await noQemuOf(pid);
  await nothingLeftOpen(before);
});

/** The failures that a device tells of, as they come. */
function failuresOf(host: RpmsgDevice): readonly RpmsgError[] {
  const failures: RpmsgError[] = [];
  host.onFailure((reason) => failures.push(reason));
  return failures;
}

/** Opens a host over firmware that is at rest: it has announced itself and echoed a message. */
async function openAtRest(echo: RunningEcho): Promise<RpmsgDevice> {
  const payload = Uint8Array.of(1, 2, 3);
  const host = await echo.openHost();
  expect(await echoOf(host, payload)).toEqual(payload);
  return host;
}

/**
 * What breaks a queue of ours, done by the firmware's end to the ring that brings its messages. T06
 * is none: a buffer is posted again at once, so that a head that comes twice is in flight twice.
 */
const fatal = ["T03", "T05", "T22"] as const satisfies AttackOnDriver[];

describe("one event, and after a reset all is well", () => {
  test("for T03, T05 and T22 on the ring of the firmware's messages", async () => {
    await using echo = await runEcho();
    for (const way of fatal.flatMap((number) => attacksOnDriver[number].ways)) {
      using host = await openAtRest(echo);
      const failures = failuresOf(host);
      const ring = rawSplitRing(echo.ring(0));
      const peer = { ring, buffer: { address: 0, length: 0 }, random: seededRandom(1) };
      expect(way.possible?.(peer) ?? true).toBe(true);
      for (const step of way.steps) {
        step(peer);
        host.poll();
      }
      host.poll();
      const faults = failures.map(({ code, cause }) => [code, (cause as BrokenQueue).fault]);
      expect([way.name, faults]).toEqual([way.name, [["BROKEN", way.verdict[0]]]]);
      host.close();
      await echo.reset();
    }
    using host = await openAtRest(echo);
    expect(failuresOf(host)).toEqual([]);
  });

  test("for noise in both used rings, while messages go back and forth", async () => {
    await using echo = await runEcho();
    for (let seed = 0; seed < count("rings full of noise"); seed++) {
      const random = seededRandom(seed);
      using host = await openAtRest(echo);
      const failures = failuresOf(host);
      const endpoint = host.createEndpoint({ destination: 1024, onMessage: () => {} });
      const rings = [rawSplitRing(echo.ring(0)), rawSplitRing(echo.ring(1))];
      // The firmware goes on, and may set an index right that the noise had wrong.
      for (let round = 0; failures.length === 0 && round < 1000; round++) {
        endpoint.trySend(random.fillBytes(new Uint8Array(random.below(497))));
        random.pick(rings).scribble("used", random);
        host.poll();
      }
      host.poll();
      const codes = failures.map(({ code }) => code);
      expect([seed, codes]).toEqual([seed, ["BROKEN"]]);
      expect(() => endpoint.trySend(Uint8Array.of(1))).toThrow(
        expect.objectContaining({ code: expect.toBeOneOf(["BROKEN", "CLOSED"]) }),
      );
      host.close();
      await echo.reset();
    }
    using host = await openAtRest(echo);
    expect(failuresOf(host)).toEqual([]);
  });
});

test("a channel tells its reader, and the processor stops and boots again", async () => {
  await using processor = await openProcessor(mps2an385());
  const boot = async (): Promise<void> => {
    await processor.boot({ name: "echo.elf", source: imageUrl("echo") });
  };
  await boot();
  const channel = await processor.channel(ECHO_SERVICE);
  const reading = channel.receive();
  const vring = processor.remoteproc.resources.carveouts.find(({ name }) => name === "vdev0vring0");
  const { address, memory } = vring!.window;
  const space = addressSpace([{ name: "psram", address, memory }]);
  rawSplitRing(splitRing(space, vring!.da, 256, 4096)).giveBack([0xffff, 0]);
  await expect(reading).rejects.toMatchObject({ code: "BROKEN" });
  await expect(channel.send(Uint8Array.of(1))).rejects.toMatchObject({ code: "BROKEN" });
  await expect(channel.receive()).rejects.toMatchObject({ code: "BROKEN" });
  await expect(processor.channel(ECHO_SERVICE)).rejects.toMatchObject({ code: "BROKEN" });
  expect(processor.remoteproc.state).toBe("running");
  await processor.stop();
  await boot();
  const again = await processor.channel(ECHO_SERVICE);
  await again.send(Uint8Array.of(1, 2, 3));
  expect(await again.receive()).toEqual(Uint8Array.of(1, 2, 3));
});
