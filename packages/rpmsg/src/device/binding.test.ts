import {
  fakeClock,
  someMemoryModels,
  rawRpmsgHost,
  rawRpmsgRemote,
  rpmsgLoopback,
} from "@openamp/testing";
import { encodeNameService, RPMSG_ADDR_ANY } from "@openamp/rpmsg/wire";
import { describe, expect, test } from "vitest";

const other = { host: "remote", remote: "host" } as const;
const roles = ["host", "remote"] as const;
const cases = someMemoryModels.flatMap((model) => roles.map((role) => ({ role, model })));
const rawPeer = { host: rawRpmsgRemote, remote: rawRpmsgHost } as const;
const empty = new Uint8Array(0);

describe.each(cases)("T32: binding on the $role, over $model.name", ({ role, model }) => {
  test("the first message binds an endpoint that was announced; a second source does not", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    const bound: number[] = [];
    const heard: number[] = [];
    const endpoint = peer.victim.createEndpoint({
      name: "service",
      onBound: (destination) => bound.push(destination),
      onMessage: (message) => heard.push(message.source),
    });
    expect(endpoint.destination).toBe(RPMSG_ADDR_ANY);
    peer.send({ source: 1, destination: endpoint.address });
    expect(endpoint.destination).toBe(1);
    for (const source of [2, 0, 0xfffffffe, 53])
      peer.send({ source, destination: endpoint.address });
    expect(endpoint.destination).toBe(1);
    expect({ bound, heard }).toEqual({ bound: [1], heard: [1, 2, 0, 0xfffffffe, 53] });
  });

  test("any 32-bit number binds but the one that stands for none", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    const endpoint = peer.victim.createEndpoint({ name: "service", onMessage() {} });
    peer.send({ source: RPMSG_ADDR_ANY, destination: endpoint.address });
    expect(endpoint.ready).toBe(false);
    peer.send({ source: 0, destination: endpoint.address });
    expect(endpoint.destination).toBe(0);
  });

  test.each([
    ["without a name", {}],
    ["that is not to be announced", { name: "service", announce: false }],
  ])("no message binds an endpoint %s", async (_which, options) => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    const heard: number[] = [];
    const onMessage = (message: { readonly source: number }): void =>
      void heard.push(message.source);
    const endpoint = peer.victim.createEndpoint({ ...options, onMessage });
    peer.send({ source: 1, destination: endpoint.address });
    expect({ heard, ready: endpoint.ready }).toEqual({ heard: [1], ready: false });
  });

  test("without name service nothing is announced, and no message binds", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model, features: 0 });
    const endpoint = peer.victim.createEndpoint({ name: "service", onMessage() {} });
    expect(peer.victim.nameService).toBe(false);
    expect(peer.receive()).toBeUndefined();
    peer.send({ source: 1, destination: endpoint.address });
    expect(endpoint.ready).toBe(false);
    // The address of the name service is then one like all others.
    peer.send({ destination: 53, payload: encodeNameService("service", 1, false) });
    expect(endpoint.ready).toBe(false);
    expect(peer.victim.counters.droppedAddress).toBe(1);
  });

  test("an announcement binds, whichever comes first: it or the endpoint", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model });
    const here = loopback[role];
    const there = loopback[other[role]];
    const bound: number[] = [];
    const onBound = (destination: number): void => void bound.push(destination);
    const early = here.createEndpoint({ name: "early", announce: false, onBound });
    there.createEndpoint({ name: "early", address: 100 });
    there.createEndpoint({ name: "late", address: 101 });
    const late = here.createEndpoint({ name: "late", announce: false, onBound });
    expect([early.destination, late.destination]).toEqual([100, 101]);
    expect(bound).toEqual([100]);
  });

  test("each service binds one endpoint: two of one name find two", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model });
    const here = loopback[role];
    const there = loopback[other[role]];
    const tty = { name: "rpmsg-tty", announce: false };
    const early = [here.createEndpoint(tty), here.createEndpoint(tty)];
    for (const address of [100, 101, 102]) there.createEndpoint({ name: "rpmsg-tty", address });
    const late = [here.createEndpoint(tty), here.createEndpoint(tty)];
    expect([...early, ...late].map(({ destination }) => destination)).toEqual([
      100,
      101,
      102,
      RPMSG_ADDR_ANY,
    ]);
  });

  test("an announcement does not rebind; withdrawing unbinds, and the next one binds", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    const events: string[] = [];
    const endpoint = peer.victim.createEndpoint({
      name: "service",
      onBound: (destination) => events.push(`bound ${destination}`),
      onUnbound: () => events.push("unbound"),
      onMessage() {},
    });
    const say = (name: string, address: number, gone: boolean): void =>
      void peer.send({ destination: 53, payload: encodeNameService(name, address, gone) });
    say("service", 7, false);
    say("service", 8, false);
    say("other", 7, true);
    say("service", 8, true);
    expect(endpoint.destination).toBe(7);
    say("service", 7, true);
    expect(endpoint.destination).toBe(RPMSG_ADDR_ANY);
    expect(() => endpoint.trySend(empty)).toThrow(expect.objectContaining({ code: "NOT_BOUND" }));
    say("service", 9, false);
    expect(endpoint.destination).toBe(9);
    say("service", 9, true);
    peer.send({ source: 10, destination: endpoint.address });
    expect(endpoint.destination).toBe(10);
    expect(events).toEqual(["bound 7", "unbound", "bound 9", "unbound", "bound 10"]);
  });

  test("the user's word is above all rules", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    const endpoint = peer.victim.createEndpoint({ name: "service", onMessage() {} });
    peer.send({ source: 1, destination: endpoint.address });
    endpoint.bind(2);
    peer.send({ source: 1, destination: endpoint.address });
    expect(endpoint.destination).toBe(2);
    endpoint.bind(RPMSG_ADDR_ANY);
    peer.send({ source: 3, destination: endpoint.address });
    expect(endpoint.destination).toBe(3);
  });

  test("an endpoint that is closed by its binding hears nothing", async () => {
    for (const what of ["endpoint", "device"] as const) {
      using peer = await rawPeer[role]({ clock: fakeClock(), model });
      const heard: number[] = [];
      const endpoint = peer.victim.createEndpoint({
        name: "service",
        onBound: () => (what === "endpoint" ? endpoint.close() : peer.victim.close()),
        onMessage: (message) => heard.push(message.length),
      });
      peer.send({ source: 1, destination: endpoint.address });
      peer.send({ source: 1, destination: endpoint.address });
      expect(heard).toEqual([]);
    }
  });
});
