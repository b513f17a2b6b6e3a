import { type Doorbell, memoryOver } from "@openamp/libmetal";
import {
  changingWords,
  codeOf,
  doorbellPair,
  fakeClock,
  type FakeClock,
  loopbackMemory,
  rpmsgLoopback,
  type RpmsgLoopback,
  type RpmsgLoopbackOptions,
} from "@openamp/testing";
import { describe, expect, test } from "vitest";

import type { RpmsgError } from "../error.ts";
import type { HeldMessage } from "../message/message.ts";
import type { Endpoint, EndpointOptions } from "./endpoint.ts";

const other = { host: "remote", remote: "host" } as const;
const roles = ["host", "remote"] as const;

interface Starving extends RpmsgLoopback {
  readonly clock: FakeClock;
  /** Has used up every transmit buffer. */
  readonly endpoint: Endpoint;
  /** What the other side holds: releasing one frees one buffer. */
  readonly held: readonly HeldMessage[];
  /** The first byte of each message that the other side got. */
  readonly heard: readonly number[];
}

const RING = 4;

/** Two sides; the one in question has no transmit buffer left. */
async function starving(
  role: (typeof roles)[number],
  options: RpmsgLoopbackOptions = {},
): Promise<Starving> {
  const clock = fakeClock();
  const loopback = await rpmsgLoopback({ ...options, clock, ringSize: RING });
  const held: HeldMessage[] = [];
  const heard: number[] = [];
  loopback[other[role]].createEndpoint({
    address: 30,
    onMessage(message) {
      heard.push(message.getUint8(0));
      held.push(message.hold());
    },
  });
  const endpoint = loopback[role].createEndpoint({ address: 40, destination: 30 });
  for (let index = 0; index < RING; index++) {
    expect(endpoint.trySend(Uint8Array.of(100 + index))).toBe(true);
  }
  expect(endpoint.trySend(Uint8Array.of(0))).toBe(false);
  heard.length = 0;
  return { ...loopback, clock, endpoint, held, heard };
}

const withCode = (code: string): unknown => expect.objectContaining({ name: "RpmsgError", code });

describe.each(roles)("the %s without a buffer", (role) => {
  test("waiting sends go out in the order of the calls, and a try does not overtake", async () => {
    const starved = await starving(role);
    const { endpoint, held, heard, clock } = starved;
    const sends = Array.from({ length: 10 }, (_, index) => endpoint.send(Uint8Array.of(index)));
    let overtaken = false;
    for (let index = 0; index < 10; index++) {
      expect(heard).toHaveLength(index);
      held[index]?.release();
      await clock.advanceAsync(0);
      overtaken ||= index < 9 && endpoint.trySend(Uint8Array.of(99));
    }
    expect(overtaken).toBe(false);
    await Promise.all(sends);
    expect(heard).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    held[10]?.release();
    expect(endpoint.trySend(Uint8Array.of(10))).toBe(true);
    starved[Symbol.dispose]();
  });

  test("a buffer that came free without a ring goes to who waits longest", async () => {
    const [toRemote, toHost] = doorbellPair();
    let deaf = false;
    const lossy = (line: Doorbell): Doorbell => ({
      ring: (id) => void (deaf || line.ring(id)),
      listen: (callback) => line.listen(callback),
    });
    using starved = await starving(role, { doorbells: [lossy(toRemote), lossy(toHost)] });
    const { endpoint, held, heard, clock } = starved;
    const first = endpoint.send(Uint8Array.of(1));
    deaf = true;
    held[0]?.release();
    // There is a buffer, and nobody has noticed.
    const second = endpoint.send(Uint8Array.of(2));
    expect(endpoint.trySend(Uint8Array.of(3))).toBe(false);
    deaf = false;
    await clock.advanceAsync(10);
    held[1]?.release();
    await clock.advanceAsync(10);
    starved[other[role]].poll();
    await Promise.all([first, second]);
    expect(heard).toEqual([1, 2]);
  });

  test("the peer is asked to tell of a free buffer only while somebody waits", async () => {
    using starved = await starving(role);
    const { endpoint, held, clock, memory, vdev } = starved;
    const flags = role === "host" ? vdev.ring(1).available.offset : vdev.ring(0).used.offset;
    const quiet = (): boolean => memory.read16(flags) === 1;
    expect(quiet()).toBe(true);
    const send = endpoint.send(Uint8Array.of(1));
    expect(quiet()).toBe(false);
    held[0]?.release();
    await clock.advanceAsync(0);
    await send;
    expect(quiet()).toBe(true);
  });

  test("a send times out at its limit and not before, and leaves no timer", async () => {
    const starved = await starving(role);
    const { endpoint, clock, heard } = starved;
    for (const [timeout, limit] of [
      [250, 250],
      [undefined, 15_000],
      [1, 1],
    ] as const) {
      let ended = "waiting";
      const send = codeOf(endpoint.send(Uint8Array.of(1), { timeout })).then(
        (code) => (ended = code),
      );
      await clock.advanceAsync(limit - 1);
      expect(ended).toBe("waiting");
      await clock.advanceAsync(1);
      expect(await send).toBe("TIMEOUT");
    }
    expect(heard).toEqual([]);
    starved[Symbol.dispose]();
    expect(clock.pending).toBe(0);
  });

  test("a wait looks every 10 ms and no more: no busy wait, no deaf one", async () => {
    const memory = loopbackMemory();
    const words = changingWords(memory.words);
    const seen = memoryOver(memory.name, memory.physicalAddress, memory.kind, words);
    const views =
      role === "host" ? { memory: seen, remoteMemory: memory } : { memory, remoteMemory: seen };
    using starved = await starving(role, views);
    const { endpoint, clock, vdev } = starved;
    let looks = 0;
    const queue = role === "host" ? vdev.ring(1).used : vdev.ring(0).available;
    words.change = ({ offset }) => {
      if (offset === queue.offset + 2) looks++;
      return undefined;
    };
    const send = codeOf(endpoint.send(Uint8Array.of(1), { timeout: 1000 }));
    await clock.advanceAsync(1000);
    expect(await send).toBe("TIMEOUT");
    // Two looks each time: before the peer was asked to tell, and after.
    expect(looks).toBeGreaterThan(90);
    expect(looks).toBeLessThan(220);
    starved[Symbol.dispose]();
  });

  test("a signal ends the wait, before it began or within, with its reason as the cause", async () => {
    const { endpoint, clock, host, remote } = await starving(role);
    const gone = new AbortController();
    gone.abort("too late");
    await expect(endpoint.send(Uint8Array.of(1), { signal: gone.signal })).rejects.toMatchObject({
      code: "ABORTED",
      cause: "too late",
    });
    const abort = new AbortController();
    const cause = endpoint
      .send(Uint8Array.of(1), { signal: abort.signal })
      .catch((error: RpmsgError) => [error.code, error.cause]);
    abort.abort("changed my mind");
    expect(await cause).toEqual(["ABORTED", "changed my mind"]);
    host.close();
    remote.close();
    expect(clock.pending).toBe(0);
  });

  test("one that gives up lets those behind it go on", async () => {
    using starved = await starving(role);
    const { endpoint, clock, held, heard } = starved;
    const first = codeOf(endpoint.send(Uint8Array.of(1), { timeout: 50 }));
    const second = endpoint.send(Uint8Array.of(2));
    await clock.advanceAsync(50);
    expect(await first).toBe("TIMEOUT");
    held[0]?.release();
    await clock.advanceAsync(10);
    await second;
    expect(heard).toEqual([2]);
  });

  test("closing the endpoint, or the device, rejects what waits", async () => {
    for (const close of ["endpoint", "device"] as const) {
      using starved = await starving(role);
      const { endpoint } = starved;
      const device = starved[role];
      const waits = [
        endpoint.send(Uint8Array.of(1)),
        endpoint.sendTo(Uint8Array.of(1), 31),
        device.createEndpoint({ address: 50 }).whenReady(),
        device.whenAnnounced("nobody"),
      ];
      const codes = Promise.all(waits.map(codeOf));
      if (close === "endpoint") {
        endpoint.close();
        device.close();
      } else device.close();
      expect(await codes).toEqual(["CLOSED", "CLOSED", "CLOSED", "CLOSED"]);
      expect(() => endpoint.trySend(Uint8Array.of(1))).toThrow(withCode("CLOSED"));
      await expect(endpoint.send(Uint8Array.of(1))).rejects.toThrow(withCode("CLOSED"));
    }
  });

  test("the announcement of an endpoint goes out when a buffer is free", async () => {
    using starved = await starving(role);
    const { held, clock } = starved;
    starved[role].createEndpoint({ name: "late" });
    expect(starved[other[role]].announcements).toEqual([]);
    held[0]?.release();
    await clock.advanceAsync(10);
    expect(starved[other[role]].announcements.map(({ name }) => name)).toEqual(["late"]);
  });

  test("an endpoint that is closed before its announcement went out is never announced", async () => {
    using starved = await starving(role);
    const { held, clock } = starved;
    const heard: unknown[] = [];
    starved[other[role]].onAnnouncement((announcement) => heard.push(announcement));
    starved[role].createEndpoint({ name: "brief" }).close();
    for (const message of held.slice()) message.release();
    await clock.advanceAsync(100);
    expect(heard).toEqual([]);
    expect(starved[other[role]].counters.droppedAnnouncement).toBe(0);
  });
});

test("both sides out of buffers, each with sends waiting: neither blocks the other", async () => {
  const clock = fakeClock();
  using loopback = await rpmsgLoopback({ clock, ringSize: RING });
  const held: Record<(typeof roles)[number], HeldMessage[]> = { host: [], remote: [] };
  const heard: Record<(typeof roles)[number], number[]> = { host: [], remote: [] };
  const endpoints = { host: open("host", 40, 30), remote: open("remote", 30, 40) };

  function open(role: (typeof roles)[number], address: number, destination: number): Endpoint {
    return loopback[role].createEndpoint({
      address,
      destination,
      onMessage(message) {
        heard[role].push(message.getUint8(0));
        if (held[role].length < RING) held[role].push(message.hold());
      },
    });
  }

  for (const role of roles) {
    for (let index = 0; index < RING; index++) endpoints[role].trySend(Uint8Array.of(index));
    expect(endpoints[role].trySend(Uint8Array.of(0))).toBe(false);
  }
  const waiting = roles.flatMap((role) =>
    Array.from({ length: 20 }, (_, index) => endpoints[role].send(Uint8Array.of(RING + index))),
  );
  // Each lets go what it holds, although its own sends still wait.
  for (const role of roles) for (const message of held[role]) message.release();
  await clock.advanceAsync(100);
  await Promise.all(waiting);
  const all = Array.from({ length: RING + 20 }, (_, index) => index);
  expect(heard).toEqual({ host: all, remote: all });
});

describe.each(roles)("addresses on the %s", (role) => {
  test("source and destination of each way of sending", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock() });
    const heard: string[] = [];
    const note: EndpointOptions["onMessage"] = ({ source, destination }) =>
      void heard.push(`${source} to ${destination}`);
    for (const address of [30, 31])
      loopback[other[role]].createEndpoint({ address, onMessage: note });
    const endpoint = loopback[role].createEndpoint({ address: 40, destination: 30 });
    const empty = new Uint8Array(0);
    endpoint.trySend(empty);
    endpoint.trySendTo(empty, 31);
    endpoint.trySendOffChannel(7, 31, empty);
    await endpoint.send(empty);
    await endpoint.sendTo(empty, 31);
    await endpoint.sendOffChannel(8, 31, empty);
    expect(heard).toEqual(["40 to 30", "40 to 31", "7 to 31", "40 to 30", "40 to 31", "8 to 31"]);
  });

  test("an address that no endpoint can have is refused wherever it is given", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock() });
    const device = loopback[role];
    const endpoint = device.createEndpoint({ address: 40, destination: 30 });
    const empty = new Uint8Array(0);
    const refused = withCode("ADDRESS");
    for (const address of [0xffffffff, 2 ** 32, -1, 0.5, Number.NaN]) {
      expect(() => endpoint.trySendTo(empty, address)).toThrow(refused);
      expect(() => endpoint.trySendOffChannel(address, 30, empty)).toThrow(refused);
      await expect(endpoint.sendTo(empty, address)).rejects.toThrow(refused);
      await expect(endpoint.sendOffChannel(address, 30, empty)).rejects.toThrow(refused);
      expect(() => device.createEndpoint({ address })).toThrow(refused);
      if (address === 0xffffffff) continue;
      expect(() => device.createEndpoint({ destination: address })).toThrow(refused);
      expect(() => endpoint.bind(address)).toThrow(refused);
    }
    expect(() => device.createEndpoint({ address: 53 })).toThrow(refused);
    expect(endpoint.destination).toBe(30);
    expect(device.counters.sent).toBe(0);
  });

  test("2000 endpoints have 2000 addresses, and each gets its own messages", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock() });
    const heard: number[] = [];
    const device = loopback[role];
    const endpoints = Array.from({ length: 2000 }, () =>
      device.createEndpoint({ onMessage: (message) => heard.push(message.destination) }),
    );
    expect(endpoints.map(({ address }) => address)).toEqual(
      Array.from({ length: 2000 }, (_, index) => 1024 + index),
    );
    const sender = loopback[other[role]].createEndpoint({ address: 1 });
    for (const { address } of endpoints) sender.trySendTo(new Uint8Array(1), address);
    expect(heard).toEqual(endpoints.map(({ address }) => address));
  });

  test("an address that came free is not handed out again, and can be chosen again", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock() });
    const device = loopback[role];
    const seen = new Set<number>();
    for (let round = 0; round < 3000; round++) {
      using endpoint = device.createEndpoint({});
      expect(seen.has(endpoint.address)).toBe(false);
      seen.add(endpoint.address);
    }
    const chosen = device.createEndpoint({ address: 1024 });
    expect(() => device.createEndpoint({ address: 1024 })).toThrow(withCode("ADDRESS_IN_USE"));
    chosen.close();
    expect(device.createEndpoint({ address: 1024 }).address).toBe(1024);
  });

  test("a fixed address in the way is passed over", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock() });
    const device = loopback[role];
    device.createEndpoint({ address: 1025 });
    const handedOut = [device.createEndpoint({}), device.createEndpoint({})];
    expect(handedOut.map(({ address }) => address)).toEqual([1024, 1026]);
  });

  test("a name that the wire cannot carry is refused", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock() });
    for (const name of ["x".repeat(32), "tab\t", "\0", "ü"]) {
      expect(() => loopback[role].createEndpoint({ name })).toThrow(withCode("NAME"));
    }
    expect(loopback[role].createEndpoint({}).address).toBe(1024);
  });
});

describe.each(roles)("readiness on the %s", (role) => {
  test("sends wait for a destination; tries say that there is none", async () => {
    const clock = fakeClock();
    using loopback = await rpmsgLoopback({ clock });
    const heard: number[] = [];
    loopback[other[role]].createEndpoint({
      address: 30,
      onMessage: (message) => heard.push(message.getUint8(0)),
    });
    const bound: number[] = [];
    const endpoint = loopback[role].createEndpoint({
      address: 40,
      onBound: (to) => bound.push(to),
    });
    expect(() => endpoint.trySend(Uint8Array.of(0))).toThrow(withCode("NOT_BOUND"));
    expect(endpoint.ready).toBe(false);
    const sends = [endpoint.send(Uint8Array.of(1)), endpoint.send(Uint8Array.of(2))];
    const ready = endpoint.whenReady();
    await clock.advanceAsync(100);
    expect(heard).toEqual([]);
    endpoint.bind(30);
    await Promise.all([...sends, ready]);
    expect({ heard, bound, ready: endpoint.ready }).toEqual({
      heard: [1, 2],
      bound: [30],
      ready: true,
    });
    endpoint.bind(0xffffffff);
    expect(endpoint.ready).toBe(false);
  });

  test("a wait for a destination ends at its limit, 15 s by default, or by a signal", async () => {
    const clock = fakeClock();
    using loopback = await rpmsgLoopback({ clock });
    const endpoint = loopback[role].createEndpoint({ address: 40 });
    const abort = new AbortController();
    const waits = [
      endpoint.whenReady(),
      endpoint.whenReady({ timeout: 10 }),
      endpoint.whenReady({ signal: abort.signal }),
      endpoint.send(Uint8Array.of(1)),
    ].map(codeOf);
    abort.abort();
    await clock.advanceAsync(15_000);
    expect(await Promise.all(waits)).toEqual(["TIMEOUT", "TIMEOUT", "ABORTED", "TIMEOUT"]);
    loopback[Symbol.dispose]();
    expect(clock.pending).toBe(0);
  });

  test("closing rejects a wait for a destination", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock() });
    const endpoint = loopback[role].createEndpoint({ address: 40 });
    const waits = [endpoint.whenReady(), endpoint.send(Uint8Array.of(1))].map(codeOf);
    endpoint.close();
    endpoint.close();
    expect(await Promise.all(waits)).toEqual(["CLOSED", "CLOSED"]);
    expect(() => endpoint.bind(30)).toThrow(withCode("CLOSED"));
  });
});
