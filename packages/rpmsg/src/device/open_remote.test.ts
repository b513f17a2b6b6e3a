import { openRpmsgRemote } from "@openamp/rpmsg";
import {
  codeOf,
  doorbellPair,
  fakeClock,
  loopbackMemory,
  memoryModels,
  rpmsgLoopback,
  sharedVdev,
} from "@openamp/testing";
import { describe, expect, test } from "vitest";

import type { RpmsgError } from "../error.ts";

const withCode = (code: string): unknown => expect.objectContaining({ code });

describe("opening as remote", () => {
  test("T41: the wait for the host ends at its limit, or by a signal", async () => {
    const clock = fakeClock();
    const [, toHost] = doorbellPair();
    const transport = sharedVdev(loopbackMemory()).device(toHost, clock);
    const abort = new AbortController();
    const waits = [{}, { timeout: 7 }, { signal: abort.signal }].map((options) =>
      codeOf(openRpmsgRemote(transport, { clock, ...options })),
    );
    abort.abort();
    await clock.advanceAsync(5000);
    expect(await Promise.all(waits)).toEqual(["TIMEOUT", "TIMEOUT", "ABORTED"]);
    expect(clock.pending).toBe(0);
  });

  test("it opens when the host comes, which may be later", async () => {
    const clock = fakeClock();
    const [toRemote, toHost] = doorbellPair();
    const vdev = sharedVdev(loopbackMemory());
    const opening = vdev.openRemote({ doorbell: toHost, clock });
    await clock.advanceAsync(1000);
    using host = await vdev.openHost({ doorbell: toRemote, clock });
    using remote = await opening;
    remote.createEndpoint({ name: "here" });
    expect(host.announcements.map(({ name }) => name)).toEqual(["here"]);
  });

  test("what the host sent before the remote was there is not lost", async () => {
    const clock = fakeClock();
    const [toRemote, toHost] = doorbellPair();
    const vdev = sharedVdev(loopbackMemory());
    using host = await vdev.openHost({ doorbell: toRemote, clock });
    host.createEndpoint({ name: "early" });
    using remote = await vdev.openRemote({ doorbell: toHost, clock });
    expect(remote.announcements.map(({ name }) => name)).toEqual(["early"]);
  });

  test.each([
    ["another type", { deviceId: 3 }],
    ["one queue", { queueCount: 1 }],
  ])("a device of %s is refused", async (_what, change) => {
    const [, toHost] = doorbellPair();
    const transport = { ...sharedVdev(loopbackMemory()).device(toHost), ...change };
    await expect(openRpmsgRemote(transport)).rejects.toMatchObject({
      name: "VirtioError",
      code: "DEVICE_TYPE",
    });
  });

  test.each([
    ["outside the memory", 0x20000000, "RING_OUTSIDE"],
    ["askew", 0x10001008, "RING_ALIGN"],
  ])("T21: a ring %s is refused, and nobody listens", async (_where, address, code) => {
    const clock = fakeClock();
    const memory = loopbackMemory();
    const [toRemote, toHost] = doorbellPair();
    const vdev = sharedVdev(memory);
    using _host = await vdev.openHost({ doorbell: toRemote, clock });
    memory.write32(vdev.entry.vrings[0]?.offset ?? 0, address);
    await expect(vdev.openRemote({ doorbell: toHost, clock })).rejects.toMatchObject({ code });
  });
});

const resets = memoryModels.flatMap((model) => [
  { model, way: "status 0", status: 0 },
  { model, way: "NEEDS_RESET, as C hosts do", status: 0x47 },
]);

describe.each(resets)("the host takes the device back: $way, over $model.name", (given) => {
  const { model, status } = given;
  test("the remote fails with RESET at the next look, and opens again", async () => {
    const clock = fakeClock();
    const [toRemote, toHost] = doorbellPair();
    const loopback = await rpmsgLoopback({
      clock,
      model,
      doorbells: [toRemote, toHost],
      ringSize: 4,
    });
    const { remote, host, vdev, memory } = loopback;
    const failures: RpmsgError[] = [];
    remote.onFailure((reason) => failures.push(reason));
    const endpoint = remote.createEndpoint({ address: 40, destination: 30 });
    host.createEndpoint({ address: 30, onMessage: (message) => void message.hold() });
    for (let index = 0; index < 4; index++) expect(endpoint.trySend(new Uint8Array(1))).toBe(true);
    host.close();
    const waits = [
      endpoint.send(new Uint8Array(1)),
      remote.whenAnnounced("x"),
      remote.createEndpoint({}).whenReady(),
    ].map(codeOf);
    memory.write8(vdev.entry.offset + 24, status);
    const before = memory.words.view(0, memory.size).slice();
    toRemote.ring(2);
    expect(await Promise.all(waits)).toEqual(["RESET", "RESET", "RESET"]);
    expect(failures.map(({ code }) => code)).toEqual(["RESET"]);
    expect(() => endpoint.trySend(new Uint8Array(1))).toThrow(withCode("RESET"));
    expect(() => remote.createEndpoint({})).toThrow(withCode("RESET"));
    // Who listens later hears it too.
    remote.onFailure((reason) => failures.push(reason));
    expect(failures).toHaveLength(2);
    // Not a byte is written after that: the rings are the host's again.
    remote.poll();
    const after = memory.words.view(0, memory.size);
    expect(after.every((byte, index) => byte === before[index])).toBe(true);

    using again = await vdev.openHost({ doorbell: toRemote, clock });
    using anew = await vdev.openRemote({ doorbell: toHost, clock });
    anew.createEndpoint({ name: "again" });
    expect(again.announcements.map(({ name }) => name)).toEqual(["again"]);
  });

  test("without a ring the remote sees it within its poll interval", async () => {
    const clock = fakeClock();
    using loopback = await rpmsgLoopback({ clock, model, pollInterval: 100 });
    const failures: string[] = [];
    loopback.remote.onFailure(({ code }) => failures.push(code));
    loopback.memory.write8(loopback.vdev.entry.offset + 24, status);
    await clock.advanceAsync(100);
    expect(failures).toEqual(["RESET"]);
  });
});

test("a callback of onFailure that throws harms nobody", async () => {
  const clock = fakeClock();
  const [toRemote, toHost] = doorbellPair();
  using loopback = await rpmsgLoopback({ clock, doorbells: [toRemote, toHost] });
  const heard: string[] = [];
  loopback.remote.onFailure(() => {
    throw new Error("mine");
  });
  loopback.remote.onFailure(({ code }) => heard.push(code));
  loopback.memory.write8(loopback.vdev.entry.offset + 24, 0);
  toRemote.ring(2);
  expect(heard).toEqual(["RESET"]);
});
