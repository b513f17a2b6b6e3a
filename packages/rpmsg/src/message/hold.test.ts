import {
  fakeClock,
  memoryModels,
  rawRpmsgHost,
  rawRpmsgRemote,
  rpmsgLoopback,
} from "@openamp/testing";
import { RPMSG_BUFFER_SIZE, RPMSG_HEADER_RESERVED, RPMSG_HEADER_SIZE } from "@openamp/rpmsg/wire";
import { describe, expect, test } from "vitest";

import type { HeldMessage, Message } from "./message.ts";

const other = { host: "remote", remote: "host" } as const;
const roles = ["host", "remote"] as const;
const cases = memoryModels.flatMap((model) => roles.map((role) => ({ role, model })));
const rawPeer = { host: rawRpmsgRemote, remote: rawRpmsgHost } as const;
const RING = 4;
const isReleased = expect.objectContaining({ code: "RELEASED" });

describe.each(cases)("messages held by the $role, over $model.name", ({ role, model }) => {
  test("each keeps its own bytes, and its buffer from the peer, until it is released", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model, ringSize: RING });
    const held: HeldMessage[] = [];
    const sender = loopback[other[role]].createEndpoint({ address: 30, destination: 40 });
    loopback[role].createEndpoint({
      address: 40,
      onMessage: (message) => held.push(message.hold()),
    });
    for (let index = 0; index < RING; index++) sender.trySend(Uint8Array.of(index, index));
    expect(sender.trySend(Uint8Array.of(9))).toBe(false);
    expect(held.map((message) => [...message.bytes])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    // In any order: what comes next takes the buffer that came free.
    held[2]?.release();
    expect(sender.trySend(Uint8Array.of(7))).toBe(true);
    expect(sender.trySend(Uint8Array.of(8))).toBe(false);
    expect([0, 1, 3, 4].map((index) => held[index]?.getUint8(0))).toEqual([0, 1, 3, 7]);
    expect(() => held[2]?.getUint8(0)).toThrow(isReleased);
    for (const index of [4, 3, 1, 0]) held[index]?.release();
    for (let index = 0; index < RING; index++) expect(sender.trySend(Uint8Array.of(1))).toBe(true);
  });

  test("released twice: an error, and the buffer goes back once", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model, ringSize: RING });
    const sender = loopback[other[role]].createEndpoint({ address: 30, destination: 40 });
    const held: HeldMessage[] = [];
    loopback[role].createEndpoint({
      address: 40,
      onMessage: (message) => held.push(message.hold()),
    });
    sender.trySend(Uint8Array.of(1));
    held[0]?.release();
    expect(() => held[0]?.release()).toThrow(isReleased);
    // Were it back twice, the sender would find five buffers, and the queue would be broken.
    let sent = 0;
    while (sender.trySend(Uint8Array.of(2))) sent++;
    expect(sent).toBe(RING);
  });

  test("released inside the handler, or disposed of: the next message does not show through", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model, ringSize: RING });
    const sender = loopback[other[role]].createEndpoint({ address: 30, destination: 40 });
    const kept: Message[] = [];
    loopback[role].createEndpoint({
      address: 40,
      onMessage(message) {
        kept.push(message);
        if (message.getUint8(0) % 2 === 0) message.hold().release();
        else {
          using held = message.hold();
          expect(held.length).toBe(1);
        }
        expect(() => message.length).toThrow(isReleased);
      },
    });
    for (let index = 0; index < 100; index++)
      expect(sender.trySend(Uint8Array.of(index))).toBe(true);
    expect(loopback[role].counters.handlerErrors).toBe(0);
    expect(kept).toHaveLength(100);
    for (const message of kept) expect(() => message.getUint8(0)).toThrow(isReleased);
  });

  test("used after the handler returned: an error, also while others are handled", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model, ringSize: RING });
    const sender = loopback[other[role]].createEndpoint({ address: 30, destination: 40 });
    let kept: Message | undefined;
    loopback[role].createEndpoint({ address: 40, onMessage: (message) => void (kept = message) });
    sender.trySend(Uint8Array.of(1));
    for (const use of ["length", "source", "destination", "bytes"] as const) {
      expect(() => kept?.[use]).toThrow(isReleased);
    }
    expect(() => kept?.hold()).toThrow(isReleased);
  });

  test("a handler that holds and then throws has the message all the same", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model, ringSize: RING });
    const sender = loopback[other[role]].createEndpoint({ address: 30, destination: 40 });
    let held: HeldMessage | undefined;
    loopback[role].createEndpoint({
      address: 40,
      onMessage(message) {
        held = message.hold();
        throw new Error("after the hold");
      },
    });
    sender.trySend(Uint8Array.of(5));
    expect(held?.getUint8(0)).toBe(5);
    held?.release();
    expect(loopback[role].counters.handlerErrors).toBe(1);
  });

  test("closing the endpoint leaves what is held, closing the device ends it", async () => {
    using loopback = await rpmsgLoopback({ clock: fakeClock(), model, ringSize: RING });
    const sender = loopback[other[role]].createEndpoint({ address: 30, destination: 40 });
    const held: HeldMessage[] = [];
    const receiver = loopback[role].createEndpoint({
      address: 40,
      onMessage: (message) => held.push(message.hold()),
    });
    sender.trySend(Uint8Array.of(1));
    sender.trySend(Uint8Array.of(2));
    receiver.close();
    expect(held[0]?.getUint8(0)).toBe(1);
    held[0]?.release();
    loopback[role].close();
    expect(() => held[1]?.getUint8(0)).toThrow(isReleased);
    expect(() => held[1]?.release()).toThrow(isReleased);
    held[1]?.[Symbol.dispose]();
  });

  test("T27: a peer that edits the header of a held message, `reserved` most of all", async () => {
    using peer = await rawPeer[role]({ clock: fakeClock(), model, ringSize: RING });
    const held: HeldMessage[] = [];
    peer.victim.createEndpoint({ address: 40, onMessage: (message) => held.push(message.hold()) });
    for (let index = 0; index < RING; index++) {
      peer.send({ destination: 40, payload: Uint8Array.of(index), reserved: 0xffff0000 + index });
    }
    // The first half of the buffers is the host's to receive in, the second to send in.
    const { buffers } = peer.vdev;
    const first = buffers.offset + (role === "host" ? 0 : buffers.size / 2);
    for (let index = 0; index < RING; index++) {
      const header = first + index * RPMSG_BUFFER_SIZE;
      expect(peer.memory.read32(header + RPMSG_HEADER_RESERVED)).toBeGreaterThan(0xfffeffff);
      peer.memory.setBlock(header, 0xff, RPMSG_HEADER_SIZE);
    }
    expect(held.map(({ length, source }) => [length, source])).toEqual(held.map(() => [1, 0x400]));
    for (const message of held.toReversed()) message.release();
    peer.returned();
    // Each buffer came back once: as many messages fit again as before, and one more does not.
    for (let index = 0; index < RING; index++) {
      expect(peer.send({ destination: 40, payload: Uint8Array.of(10 + index) })).toBe(true);
    }
    expect(peer.send({ destination: 40 })).toBe(false);
    expect(held.slice(RING).map((message) => message.getUint8(0))).toEqual([10, 11, 12, 13]);
  });
});
