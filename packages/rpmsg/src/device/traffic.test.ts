import { fakeClock, memoryModels, rpmsgLoopback, type RpmsgLoopback } from "@openamp/testing";
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  nat,
  oneof,
  record,
} from "fast-check";
import { describe, expect, test } from "vitest";

import type { MessageHandler } from "../endpoint/endpoint.ts";
import type { HeldMessage } from "../message/message.ts";

const other = { host: "remote", remote: "host" } as const;
const roles = ["host", "remote"] as const;
type Role = (typeof roles)[number];
const cases = memoryModels.flatMap((model) => roles.map((role) => ({ role, model })));

/** Bytes that tell which message they are, and where in it. */
function pattern(length: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (seed * 31 + index * 7 + 1) & 0xff);
}

function bytesOf(message: { copyTo(target: Uint8Array): number; length: number }): Uint8Array {
  const copy = new Uint8Array(message.length);
  message.copyTo(copy);
  return copy;
}

describe.each(cases)("from the $role, over $model.name", ({ role, model }) => {
  test("each payload of 0 to 496 bytes arrives byte by byte", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model });
    const heard: Uint8Array[] = [];
    loopback[other[role]].createEndpoint({
      address: 30,
      onMessage(message) {
        expect([message.source, message.destination]).toEqual([40, 30]);
        heard.push(bytesOf(message));
      },
    });
    const endpoint = loopback[role].createEndpoint({ address: 40, destination: 30 });
    expect(endpoint.maxPayload).toBe(496);
    for (let length = 0; length <= 496; length++) {
      expect(endpoint.trySend(pattern(length, length))).toBe(true);
    }
    expect(heard).toEqual(Array.from({ length: 497 }, (_, length) => pattern(length, length)));
    expect(loopback[role].counters.sent).toBe(497);
    expect(loopback[other[role]].counters.received).toBe(497);
  });

  test("a payload beyond a buffer is MESSAGE_SIZE, and nothing of it is sent", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model });
    const device = loopback[role];
    const endpoint = device.createEndpoint({ address: 40, destination: 30 });
    const unbound = device.createEndpoint({ address: 41 });
    const tooLarge = expect.objectContaining({ code: "MESSAGE_SIZE" });
    const before = loopback.memory.words.view(0, loopback.memory.size).slice();
    for (const length of [497, 512, 513, 65_535, 65_536, 65_552]) {
      const payload = new Uint8Array(length).fill(0xee);
      expect(() => endpoint.trySend(payload)).toThrow(tooLarge);
      expect(() => endpoint.trySendTo(payload, 30)).toThrow(tooLarge);
      expect(() => endpoint.trySendOffChannel(1, 30, payload)).toThrow(tooLarge);
      await expect(endpoint.send(payload)).rejects.toThrow(tooLarge);
      await expect(endpoint.sendTo(payload, 30)).rejects.toThrow(tooLarge);
      await expect(endpoint.sendOffChannel(1, 30, payload)).rejects.toThrow(tooLarge);
      // It can never be sent, so nobody waits for a destination first.
      await expect(unbound.send(payload)).rejects.toThrow(tooLarge);
    }
    expect(device.counters.sent).toBe(0);
    const after = loopback.memory.words.view(0, loopback.memory.size);
    expect(after.every((byte, index) => byte === before[index])).toBe(true);
  });

  test("the header's 16 bits of length are the limit of larger buffers", async () => {
    const options = { ringSize: 2, bufferSize: 131_072, bufferCount: 4 };
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model, ...options });
    const lengths: number[] = [];
    loopback[other[role]].createEndpoint({ address: 30, onMessage: (m) => lengths.push(m.length) });
    const endpoint = loopback[role].createEndpoint({ address: 40, destination: 30 });
    expect(endpoint.maxPayload).toBe(65_535);
    endpoint.trySend(new Uint8Array(65_535));
    expect(() => endpoint.trySend(new Uint8Array(65_536))).toThrow(
      expect.objectContaining({ code: "MESSAGE_SIZE" }),
    );
    expect(lengths).toEqual([65_535]);
  });

  test.each([1, 2, 4])("rings of %i entries carry messages past every wrap", async (size) => {
    const messages = model.slow ? 500 : 70_000;
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model, ringSize: size });
    let expected = 0;
    let wrong = 0;
    loopback[other[role]].createEndpoint({
      address: 30,
      onMessage(message) {
        if (message.getUint32(0) !== expected++) wrong++;
      },
    });
    const endpoint = loopback[role].createEndpoint({ address: 40, destination: 30 });
    const payload = new Uint32Array(1);
    const bytes = new Uint8Array(payload.buffer);
    let refused = 0;
    for (let index = 0; index < messages; index++) {
      payload[0] = index;
      if (!endpoint.trySend(bytes)) refused++;
    }
    expect({ expected, wrong, refused }).toEqual({ expected: messages, wrong: 0, refused: 0 });
  });

  test("a batch is published and rung once, in order", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model });
    const heard: number[] = [];
    const there = loopback[other[role]];
    there.createEndpoint({ address: 30, onMessage: (message) => heard.push(message.getUint8(0)) });
    const endpoint = loopback[role].createEndpoint({ address: 40, destination: 30 });
    loopback[role].batch(() => {
      for (let index = 0; index < 10; index++) endpoint.trySend(Uint8Array.of(index));
      expect(heard).toEqual([]);
    });
    expect(heard).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // Also where what is inside throws: what was sent before is sent.
    expect(() =>
      loopback[role].batch(() => {
        endpoint.trySend(Uint8Array.of(10));
        throw new Error("inside");
      }),
    ).toThrow("inside");
    expect(heard.at(-1)).toBe(10);
  });

  test("a batch in which the device is closed publishes nothing more", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model });
    const device = loopback[role];
    const endpoint = device.createEndpoint({ address: 40, destination: 30 });
    const queue = role === "host" ? loopback.vdev.ring(1).available : loopback.vdev.ring(0).used;
    const before = loopback.memory.read16(queue.offset + 2);
    device.batch(() => {
      endpoint.trySend(Uint8Array.of(1));
      device.close();
    });
    expect(loopback.memory.read16(queue.offset + 2)).toBe(before);
  });

  test("send from inside a handler: a ping that answers itself without end stays on one stack", async () => {
    const pings = model.slow ? 1000 : 100_000;
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model });
    let rounds = 0;
    let depth = 0;
    let deepest = 0;
    const ball = Uint8Array.of(1);
    const back = loopback[other[role]].createEndpoint({
      address: 30,
      onMessage: (message) => void back.trySendTo(ball, message.source),
    });
    const endpoint = loopback[role].createEndpoint({
      address: 40,
      destination: 30,
      onMessage() {
        depth++;
        deepest = Math.max(deepest, depth);
        if (++rounds < pings) endpoint.trySend(ball);
        depth--;
      },
    });
    endpoint.trySend(ball);
    expect({ rounds, deepest }).toEqual({ rounds: pings, deepest: 1 });
  });
});

interface Side {
  /** Numbers of the messages sent, in order, and of those heard. */
  readonly sent: number[];
  readonly heard: number[];
  readonly held: HeldMessage[];
  wrong: number;
  holdNext: boolean;
}

type Step =
  | { readonly kind: "send"; readonly role: Role; readonly length: number }
  | { readonly kind: "hold"; readonly role: Role }
  | { readonly kind: "release"; readonly role: Role };

function side(): Side {
  return { sent: [], heard: [], held: [], wrong: 0, holdNext: false };
}

/** Plays steps on a loopback, and beside it on a model: a list of what is sent. */
function play(loopback: RpmsgLoopback, steps: readonly Step[]): Record<Role, Side> {
  const sides = { host: side(), remote: side() };
  let number = 0;
  const endpoints = {
    host: loopback.host.createEndpoint({ address: 40, destination: 30, onMessage: hear("host") }),
    remote: loopback.remote.createEndpoint({
      address: 30,
      destination: 40,
      onMessage: hear("remote"),
    }),
  };

  function hear(role: Role): MessageHandler {
    return (message) => {
      const mine = sides[role];
      const id = message.getUint32(0);
      mine.heard.push(id);
      if (String(bytesOf(message).subarray(4)) !== String(pattern(message.length - 4, id)))
        mine.wrong++;
      if (!mine.holdNext) return;
      mine.holdNext = false;
      mine.held.push(message.hold());
    };
  }

  for (const step of steps) {
    const mine = sides[step.role];
    if (step.kind === "hold") mine.holdNext = true;
    else if (step.kind === "release") mine.held.shift()?.release();
    else {
      const payload = new Uint8Array(4 + step.length);
      new DataView(payload.buffer).setUint32(0, number, true);
      payload.set(pattern(step.length, number), 4);
      // Every buffer comes back at once, but for those that the other side holds.
      const free = loopback.vdev.ring(0).size - sides[other[step.role]].held.length;
      if (endpoints[step.role].trySend(payload) !== free > 0) mine.wrong++;
      if (free > 0) mine.sent.push(number);
      number++;
    }
  }
  return sides;
}

const role = constantFrom(...roles);
const step: Arbitrary<Step> = oneof(
  {
    weight: 6,
    arbitrary: record({ kind: constant("send"), role, length: nat({ max: 492 }) }),
  },
  { weight: 1, arbitrary: record({ kind: constant("hold"), role }) },
  { weight: 1, arbitrary: record({ kind: constant("release"), role }) },
);

test.each(memoryModels)(
  "random traffic over $name, with messages held, does what two lists do",
  async (model) => {
    await assert(
      asyncProperty(
        constantFrom(1, 2, 4, 8),
        constantFrom(1, 1 | (1 << 29)),
        array(step, { maxLength: 200 }),
        async (ringSize, features, steps) => {
          using loopback = await rpmsgLoopback({ clock: fakeClock(), model, ringSize, features });
          const { host, remote } = play(loopback, steps);
          expect([remote.heard, host.heard]).toEqual([host.sent, remote.sent]);
          expect([host.wrong, remote.wrong]).toEqual([0, 0]);
        },
      ),
      { numRuns: model.slow ? 30 : 100 },
    );
  },
);
