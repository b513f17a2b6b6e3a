import {
  encodeFrame,
  fakeClock,
  memoryModels,
  rawRpmsgHost,
  rawRpmsgRemote,
} from "@openamp/testing";
import { describe, expect, test } from "vitest";

describe.each(memoryModels)("the remote's used.len, over $name", (model) => {
  test("a message of the host goes back with the descriptor's length, whatever became of it", async () => {
    using peer = await rawRpmsgHost({ clock: fakeClock(), model });
    peer.victim.createEndpoint({ address: 40, onMessage() {} });
    const held: (() => void)[] = [];
    peer.victim.createEndpoint({
      address: 41,
      onMessage(message) {
        const kept = message.hold();
        held.push(() => kept.release());
      },
    });
    const payload = new Uint8Array(4);
    peer.send({ destination: 40, payload });
    peer.send({ destination: 40, payload, claimed: 512 });
    peer.send({ destination: 99, payload, claimed: 512 });
    peer.send({ destination: 40, length: 1000, claimed: 100 });
    peer.send({ destination: 40, claimed: 7 });
    peer.send({ destination: 40, payload, cuts: [3] });
    expect(peer.returned()).toEqual([20, 512, 512, 100, 7, 20]);
    peer.send({ destination: 41, claimed: 256 });
    expect(peer.returned()).toEqual([]);
    held[0]?.();
    expect(peer.returned()).toEqual([256]);
  });

  test("a message of its own goes with header and payload, and the buffer keeps its size", async () => {
    using peer = await rawRpmsgHost({ clock: fakeClock(), model });
    const endpoint = peer.victim.createEndpoint({ address: 40, destination: 30 });
    for (const length of [0, 1, 100, 496]) {
      const payload = new Uint8Array(length).fill(length);
      endpoint.trySend(payload);
      expect(peer.receive()).toEqual(encodeFrame({ source: 40, destination: 30, payload }));
    }
  });

  test("T09: buffers of 0 to 16 bytes to send in: the short ones go back, the device works on", async () => {
    const clock = fakeClock();
    const offered = [20, ...Array.from({ length: 15 }, (_, index) => index + 1), 512];
    using peer = await rawRpmsgHost({ clock, model, offered });
    const { victim } = peer;
    expect(victim.maxPayload).toBe(4);
    const endpoint = victim.createEndpoint({ destination: 30 });
    expect(endpoint.trySend(new Uint8Array(4))).toBe(true);
    expect(endpoint.trySend(new Uint8Array(4))).toBe(true);
    expect(endpoint.trySend(new Uint8Array(4))).toBe(false);
    expect(victim.counters).toMatchObject({ sent: 2, droppedBuffer: 15 });
    const lengths = Array.from({ length: 17 }, () => peer.receive()?.length);
    expect(lengths).toEqual([20, ...Array.from({ length: 15 }, () => 0), 20]);
  });

  test("T09: with nothing but short buffers each goes back at once, and a try says no", async () => {
    using peer = await rawRpmsgHost({ clock: fakeClock(), model, offered: [8, 8, 8] });
    const endpoint = peer.victim.createEndpoint({ destination: 30 });
    expect(endpoint.trySend(new Uint8Array(0))).toBe(false);
    expect([1, 2, 3, 4].map(() => peer.receiveAndKeep()?.length)).toEqual([0, 0, 0, undefined]);
  });

  test("T09: a first buffer of 16 bytes: messages without payload, and no others", async () => {
    using peer = await rawRpmsgHost({ clock: fakeClock(), model, offered: [16, 512] });
    expect(peer.victim.maxPayload).toBe(0);
    const endpoint = peer.victim.createEndpoint({ destination: 30 });
    expect(() => endpoint.trySend(new Uint8Array(1))).toThrow(
      expect.objectContaining({ code: "MESSAGE_SIZE" }),
    );
    expect(endpoint.trySend(new Uint8Array(0))).toBe(true);
  });

  test("a later buffer that is shorter is MESSAGE_SIZE for what does not fit, and kept for what does", async () => {
    using peer = await rawRpmsgHost({ clock: fakeClock(), model, offered: [512, 64, 512] });
    const endpoint = peer.victim.createEndpoint({ address: 40, destination: 30 });
    expect(endpoint.trySend(new Uint8Array(496))).toBe(true);
    const tooLarge = expect.objectContaining({ code: "MESSAGE_SIZE" });
    expect(() => endpoint.trySend(new Uint8Array(49))).toThrow(tooLarge);
    expect(() => endpoint.trySend(new Uint8Array(49))).toThrow(tooLarge);
    expect(endpoint.trySend(new Uint8Array(48))).toBe(true);
    expect(endpoint.trySend(new Uint8Array(496))).toBe(true);
    expect([1, 2, 3].map(() => peer.receive()?.length)).toEqual([512, 64, 512]);
  });

  test("buffers askew: not on a multiple of 4, they go back unused", async () => {
    using peer = await rawRpmsgHost({ clock: fakeClock(), model, bufferSize: 510, bufferCount: 8 });
    const endpoint = peer.victim.createEndpoint({ destination: 30 });
    expect(endpoint.trySend(new Uint8Array(1))).toBe(true);
    expect(endpoint.trySend(new Uint8Array(1))).toBe(true);
    // Every second one lies on 2 mod 4.
    expect(peer.victim.counters.droppedBuffer).toBe(1);
  });
});

describe.each(memoryModels)("the host and used.len, over $name", (model) => {
  test("T07: more than was posted is cut to what was posted", async () => {
    using peer = await rawRpmsgRemote({ clock: fakeClock(), model, bufferSize: 64 });
    const lengths: number[] = [];
    peer.victim.createEndpoint({
      address: 40,
      onMessage: (message) => lengths.push(message.length),
    });
    const full = new Uint8Array(48);
    for (const claimed of [63, 64, 65, 512, 0x7fffffff, 0x80000000, 0xffffffff]) {
      peer.send({ destination: 40, payload: full, claimed });
      // A header that would reach into the next buffer.
      peer.send({ destination: 40, payload: full, length: 49, claimed });
    }
    expect(lengths).toEqual([48, 48, 48, 48, 48, 48]);
    expect(peer.victim.counters.droppedLength).toBe(8);
  });

  test("T08: what comes with a buffer that the remote has read says nothing", async () => {
    using peer = await rawRpmsgRemote({ clock: fakeClock(), model, ringSize: 4 });
    const endpoint = peer.victim.createEndpoint({ address: 40, destination: 30 });
    const device = peer.vdev.ring(1).used;
    for (const [round, used] of [0, 1, 16, 28, 512, 0xffffffff].entries()) {
      for (let index = 0; index < 4; index++) endpoint.trySend(new Uint8Array(496).fill(round));
      expect(endpoint.trySend(new Uint8Array(0))).toBe(false);
      // The remote reads, and then says something else about the length.
      for (let index = 0; index < 4; index++) {
        expect(peer.receive()?.subarray(16)).toEqual(new Uint8Array(496).fill(round));
        peer.memory.write32(device.offset + 4 + ((round * 4 + index) & 3) * 8 + 4, used);
      }
    }
    expect(endpoint.trySend(new Uint8Array(496))).toBe(true);
  });
});
