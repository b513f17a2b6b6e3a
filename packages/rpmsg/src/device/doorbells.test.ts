import { type Doorbell, memoryOver } from "@openamp/libmetal";
import {
  changingWords,
  type DoorbellFaults,
  doorbellPair,
  fakeClock,
  faultyDoorbell,
  loopbackMemory,
  someMemoryModels,
  rawRpmsgHost,
  rawRpmsgRemote,
  rpmsgLoopback,
  seededRandom,
} from "@openamp/testing";
import { AVAILABLE_INDEX } from "@openamp/virtio/wire";
import { describe, expect, test } from "vitest";

const other = { host: "remote", remote: "host" } as const;
const roles = ["host", "remote"] as const;
const cases = someMemoryModels.flatMap((model) => roles.map((role) => ({ role, model })));
const rawPeer = { host: rawRpmsgRemote, remote: rawRpmsgHost } as const;

interface Faults extends Omit<DoorbellFaults, "random" | "delay"> {
  /** Milliseconds that a ring comes late, at the most. */
  readonly delay?: number;
}

/** `VIRTIO_RPMSG_F_NS`, alone and with `VIRTIO_RING_F_EVENT_IDX`. */
const features = [1, 1 | (1 << 29)];
const lines = someMemoryModels.flatMap((model) =>
  features.map((featureBits) => ({ model, featureBits })),
);

describe.each(lines)("T24: faulty lines, features $featureBits, over $model.name", (given) => {
  const { model, featureBits } = given;
  test.each<readonly [string, Faults]>([
    ["all rings lost", { drop: 1 }],
    ["half of them lost", { drop: 0.5 }],
    ["each ring twice", { double: 1 }],
    ["none with an id", { strip: 1 }],
    ["late ones that overtake", { delay: 50 }],
    ["all of it", { drop: 0.3, double: 0.3, strip: 0.5, delay: 50 }],
  ])("%s: every message arrives, once and in order", async (_which, { delay, ...faults }) => {
    const clock = fakeClock();
    const random = seededRandom(24);
    const late = delay === undefined ? {} : { delay: { clock, milliseconds: delay } };
    const [first, second] = doorbellPair();
    const bad = (line: Doorbell): Doorbell => faultyDoorbell(line, { random, ...faults, ...late });
    using loopback = await rpmsgLoopback({
      clock,
      model,
      ringSize: 8,
      features: featureBits,
      pollInterval: 100,
      doorbells: [bad(first), bad(second)],
    });
    const heard = { host: [] as number[], remote: [] as number[] };
    const ends = {
      host: loopback.host.createEndpoint({
        address: 40,
        destination: 30,
        onMessage: (message) => heard.host.push(message.getUint32(0)),
      }),
      remote: loopback.remote.createEndpoint({
        address: 30,
        destination: 40,
        onMessage: (message) => heard.remote.push(message.getUint32(0)),
      }),
    };
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    const sends = numbers.flatMap((number) =>
      roles.map((role) => {
        const payload = new Uint8Array(4);
        new DataView(payload.buffer).setUint32(0, number, true);
        return ends[role].send(payload, { timeout: 60_000 });
      }),
    );
    // Eight buffers a look, and a look every 100 ms where no ring comes at all.
    await clock.advanceAsync(6000);
    await Promise.all(sends);
    await clock.advanceAsync(200);
    expect(heard).toEqual({ host: numbers, remote: numbers });
  });
});

describe.each(cases)("T24: rings of the $role's peer, over $model.name", ({ role, model }) => {
  test("a storm of rings without a message costs a look each, and nothing else", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    const { sent } = peer.victim.counters;
    const storm = model.slow ? 2000 : 100_000;
    for (let ring = 0; ring < storm; ring++) peer.ring(ring % 2);
    expect(peer.victim.counters).toMatchObject({ sent, received: 0, droppedAddress: 0 });
  });

  test("one ring for many messages, and rings of either queue, are enough", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    let heard = 0;
    peer.victim.createEndpoint({ address: 40, onMessage: () => void heard++ });
    for (let message = 0; message < 100; message++) peer.post({ destination: 40 });
    expect(heard).toBe(0);
    peer.ring(peer.victimSends);
    expect(heard).toBe(100);
  });

  test("poll() looks where no ring came", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model });
    let heard = 0;
    peer.victim.createEndpoint({ address: 40, onMessage: () => void heard++ });
    peer.post({ destination: 40 });
    peer.victim.poll();
    expect(heard).toBe(1);
  });

  test("work in one go is bounded: 1024 messages, the rest in a turn of its own", async () => {
    const clock = fakeClock();
    using loopback = await rpmsgLoopback({ clock, model, ringSize: 4096, bufferSize: 64 });
    let heard = 0;
    const device = loopback[role];
    device.createEndpoint({ address: 40, onMessage: () => void heard++ });
    const sender = loopback[other[role]].createEndpoint({ address: 30, destination: 40 });
    loopback[other[role]].batch(() => {
      for (let message = 0; message < 4096; message++) sender.trySend(new Uint8Array(0));
    });
    expect(heard).toBe(1024);
    const goes: number[] = [];
    while (clock.pending > 0 && goes.length < 10) {
      const before = heard;
      // One timer a step.
      await clock.advanceAsync(0);
      goes.push(heard - before);
    }
    expect(heard).toBe(4096);
  });

  test("a handler that polls its own device does not nest", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model });
    const heard: number[] = [];
    let inside = false;
    const device = loopback[role];
    device.createEndpoint({
      address: 40,
      onMessage(message) {
        expect(inside).toBe(false);
        inside = true;
        heard.push(message.getUint8(0));
        device.poll();
        inside = false;
      },
    });
    const sender = loopback[other[role]].createEndpoint({ address: 30, destination: 40 });
    loopback[other[role]].batch(() => {
      for (let index = 0; index < 5; index++) sender.trySend(Uint8Array.of(index));
    });
    expect(heard).toEqual([0, 1, 2, 3, 4]);
    expect(device.counters.handlerErrors).toBe(0);
  });
});

describe.each(roles)("the line of the %s", (role) => {
  test("that throws, against its contract, does not leave the device deaf", async () => {
    let broken = false;
    const fragile = (line: Doorbell): Doorbell => ({
      ring(id) {
        if (broken) throw new Error("no line");
        line.ring(id);
      },
      listen: (callback) => line.listen(callback),
    });
    const [first, second] = doorbellPair();
    using loopback = await rpmsgLoopback({
      clock: fakeClock(),
      doorbells: role === "host" ? [fragile(first), second] : [first, fragile(second)],
    });
    const device = loopback[role];
    const heard: number[] = [];
    device.createEndpoint({ address: 40, onMessage: ({ length }) => heard.push(length) });
    const sender = loopback[other[role]].createEndpoint({ address: 30, destination: 40 });
    const { vdev, memory } = loopback;
    // The sender asks to be told of buffers that come back, and the device cannot tell it.
    const wish = role === "host" ? vdev.ring(0).used : vdev.ring(1).available;
    memory.write16(wish.offset, 0);
    broken = true;
    expect(() => sender.trySend(new Uint8Array(1))).toThrow("no line");
    broken = false;
    sender.trySend(new Uint8Array(2));
    expect(heard).toEqual([1, 2]);
  });
});

test("T24: a host that offers nothing but bad buffers, for ever, does not keep the remote", async () => {
  const memory = loopbackMemory();
  const words = changingWords(memory.words);
  using peer = await rawRpmsgHost({
    clock: fakeClock(),
    ringSize: 4,
    features: 1 | (1 << 29),
    memory,
    victimMemory: memoryOver(memory.name, memory.physicalAddress, memory.kind, words),
  });
  const inTwoPieces = { destination: 40, payload: new Uint8Array(4), cuts: [8] };
  const index = peer.vdev.ring(1).available.offset + AVAILABLE_INDEX;
  let looks = 0;
  // Whenever the remote looks, there is another one.
  words.change = ({ offset }) => {
    if (offset === index && looks++ < 100_000) {
      peer.returned();
      peer.post(inTwoPieces);
    }
    return undefined;
  };
  peer.ring(1);
  expect(peer.victim.counters.droppedBuffer).toBeGreaterThan(100);
  expect(looks).toBeLessThan(3000);
});
