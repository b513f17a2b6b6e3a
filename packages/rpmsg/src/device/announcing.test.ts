import { createLogger, type Logger } from "@openamp/libmetal";
import { decodeNameService, encodeNameService } from "@openamp/rpmsg/wire";
import {
  codeOf,
  fakeClock,
  someMemoryModels,
  rawRpmsgHost,
  rawRpmsgRemote,
  rpmsgLoopback,
} from "@openamp/testing";
import { describe, expect, test } from "vitest";

import { count } from "../../../../tools/counts.ts";
import type { Announcement } from "../name_service/announcement.ts";

const other = { host: "remote", remote: "host" } as const;
const roles = ["host", "remote"] as const;
const cases = someMemoryModels.flatMap((model) => roles.map((role) => ({ role, model })));
const rawPeer = { host: rawRpmsgRemote, remote: rawRpmsgHost } as const;

function collector(): { readonly lines: string[]; readonly logger: Logger } {
  const lines: string[] = [];
  return { lines, logger: createLogger({ write: (line) => lines.push(line) }) };
}

const fail = (): never => {
  throw new Error("mine");
};

describe.each(cases)("announcing on the $role, over $model.name", ({ role, model }) => {
  test("what goes over the wire for an endpoint that comes and goes", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    const endpoint = peer.victim.createEndpoint({ name: "service", address: 0x123 });
    const created = peer.receive();
    endpoint.close();
    const destroyed = peer.receive();
    expect(peer.receive()).toBeUndefined();
    for (const [frame, destroy] of [
      [created, false],
      [destroyed, true],
    ] as const) {
      const header = new DataView(frame?.slice().buffer ?? new ArrayBuffer(16));
      expect([0, 4, 8].map((at) => header.getUint32(at, true))).toEqual([0x123, 53, 0]);
      expect([12, 14].map((at) => header.getUint16(at, true))).toEqual([40, 0]);
      expect(decodeNameService(frame?.slice(16, 56) ?? new Uint8Array(0))).toEqual({
        name: "service",
        address: 0x123,
        destroy,
      });
    }
  });

  test.each([
    ["without a name", {}],
    ["with a destination", { name: "service", destination: 30 }],
    ["that is not to be announced", { name: "service", announce: false }],
  ])("nothing is said of an endpoint %s", async (_which, options) => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    peer.victim.createEndpoint(options).close();
    expect(peer.receive()).toBeUndefined();
    expect(peer.victim.counters.sent).toBe(0);
  });

  test("announcements are an event, a list, and what whenAnnounced waits for", async () => {
    const clock = fakeClock();
    using loopback = await rpmsgLoopback({ clock, model });
    const here = loopback[role];
    const there = loopback[other[role]];
    const events: Announcement[] = [];
    const listening = here.onAnnouncement((announcement) => events.push(announcement));
    const waiting = here.whenAnnounced("service");
    const endpoint = there.createEndpoint({ name: "service", address: 100 });
    expect(await waiting).toEqual({ name: "service", address: 100, present: true });
    expect(await here.whenAnnounced("service")).toMatchObject({ address: 100 });
    expect(here.announcements).toEqual([{ name: "service", address: 100, present: true }]);
    endpoint.close();
    expect(here.announcements).toEqual([]);
    listening[Symbol.dispose]();
    there.createEndpoint({ name: "service", address: 101 });
    expect(events.map(({ address, present }) => [address, present])).toEqual([
      [100, true],
      [100, false],
    ]);
  });

  test("T41: a wait for an announcement ends at its limit, or by a signal", async () => {
    const clock = fakeClock();
    using loopback = await rpmsgLoopback({ clock, model });
    const abort = new AbortController();
    const device = loopback[role];
    const waits = [
      device.whenAnnounced("x"),
      device.whenAnnounced("x", { timeout: 5 }),
      device.whenAnnounced("x", { signal: abort.signal }),
    ].map(codeOf);
    abort.abort();
    await clock.advanceAsync(15_000);
    expect(await Promise.all(waits)).toEqual(["TIMEOUT", "TIMEOUT", "ABORTED"]);
  });

  test("T28: a name with escape sequences reaches list, event and log as printable ASCII", async () => {
    const { lines, logger } = collector();
    using peer = await rawPeer[role]({ clock: fakeClock(), model, logger });
    const payload = encodeNameService("x", 1, false);
    payload.set([0x1b, 0x5b, 0x32, 0x4a, 0x0a, 0xff]);
    peer.send({ destination: 53, payload });
    expect(peer.victim.announcements[0]?.name).toBe("\\x1b[2J\\x0a\\xff");
    expect(lines.at(-1)).toBe(
      "virtio_rpmsg_bus virtio0: creating channel \\x1b[2J\\x0a\\xff addr 0x1",
    );
  });

  test("T29: announcements of wrong size, name or flags are counted and change nothing", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    const events: Announcement[] = [];
    peer.victim.onAnnouncement((announcement) => events.push(announcement));
    const good = encodeNameService("service", 1, false);
    for (let size = 0; size <= 64; size++) {
      if (size === 40) continue;
      const payload = new Uint8Array(size);
      payload.set(good.subarray(0, size));
      peer.send({ destination: 53, payload });
    }
    const flags = encodeNameService("service", 1, false);
    flags[36] = 2;
    peer.send({ destination: 53, payload: flags });
    peer.send({ destination: 53, payload: new Uint8Array(40) });
    expect({ events, counted: peer.victim.counters.droppedAnnouncement }).toEqual({
      events: [],
      counted: 66,
    });
    peer.send({ destination: 53, payload: good });
    expect(events).toHaveLength(1);
  });

  test("T30, T47: a flood of announcements: a bounded table, bounded lines, and a counter", async () => {
    const clock = fakeClock();
    const { lines, logger } = collector();
    using peer = await rawPeer[role]({ clock, model, logger });
    const flood = model.slow ? 2000 : count("announcements of a flood");
    let refused = 0;
    for (let address = 0; address < flood; address++) {
      const payload = encodeNameService("flood", address, false);
      if (!peer.send({ destination: 53, payload })) refused++;
    }
    expect(refused).toBe(0);
    const { victim } = peer;
    expect(victim.announcements).toHaveLength(1024);
    expect(victim.counters.droppedAnnouncement).toBe(flood - 1024);
    expect(lines.length).toBeLessThan(110);
    clock.advance(5000);
    peer.send({ destination: 53, payload: encodeNameService("flood", 0, true) });
    expect(lines.at(-2)).toMatch(/^[0-9]+ lines suppressed$/);
    expect(lines.at(-1)).toContain("destroying channel flood addr 0x0");
  });

  test("T30, T47: one service that comes and goes without end", async () => {
    const { lines, logger } = collector();
    using peer = await rawPeer[role]({ clock: fakeClock(), model, logger });
    let events = 0;
    peer.victim.onAnnouncement(() => events++);
    const rounds = model.slow ? 500 : 10_000;
    for (let round = 0; round < rounds; round++) {
      peer.send({ destination: 53, payload: encodeNameService("blink", 1, round % 2 === 1) });
    }
    expect(events).toBe(rounds);
    expect(peer.victim.announcements).toEqual([]);
    expect(lines.length).toBeLessThan(110);
  });

  test("T30: withdrawing what was not announced is counted; twice is harmless", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    const gone = { destination: 53, payload: encodeNameService("service", 1, true) };
    peer.send(gone);
    peer.send({ destination: 53, payload: encodeNameService("service", 1, false) });
    peer.send(gone);
    peer.send(gone);
    expect(peer.victim.counters.droppedAnnouncement).toBe(2);
  });

  test("a callback that throws harms neither the device nor the other callbacks", async () => {
    const { lines, logger } = collector();
    using peer = await rawPeer[role]({ clock: fakeClock(), model, logger });
    const { victim } = peer;
    const names: string[] = [];
    victim.onAnnouncement(fail);
    victim.onAnnouncement(({ name }) => names.push(name));
    const endpoint = victim.createEndpoint({
      name: "service",
      onBound: fail,
      onUnbound: fail,
      onMessage: fail,
    });
    const say = (gone: boolean): boolean =>
      peer.send({ destination: 53, payload: encodeNameService("service", 7, gone) });
    say(false);
    peer.send({ source: 7, destination: endpoint.address });
    say(true);
    say(false);
    expect(names).toEqual(["service", "service", "service"]);
    expect(endpoint.destination).toBe(7);
    expect(victim.counters.handlerErrors).toBe(7);
    expect(lines.filter((line) => line.endsWith("threw: Error: mine"))).toHaveLength(7);
  });
});
