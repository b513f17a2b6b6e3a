import {
  driverVictim,
  memoryModels,
  POSTED_LENGTH,
  postBuffers,
  readsWithin,
  takeAllUsed,
} from "@openamp/testing";
import type { DriverVictim } from "@openamp/testing";
import { describe, expect, test } from "vitest";

import type { ChainBuffer } from "./virtqueue.ts";

function buffer({ peer }: DriverVictim, deviceWritable: boolean): ChainBuffer {
  return { address: peer.buffer.address, length: POSTED_LENGTH, deviceWritable };
}

describe.each(memoryModels)("T07 T08 used lengths, over $name", (model) => {
  test.each([
    [0, 0],
    [1, 1],
    [POSTED_LENGTH - 1, POSTED_LENGTH - 1],
    [POSTED_LENGTH, POSTED_LENGTH],
    [POSTED_LENGTH + 1, POSTED_LENGTH],
    [0x7fffffff, POSTED_LENGTH],
    [0x80000000, POSTED_LENGTH],
    [0xffffffff, POSTED_LENGTH],
  ])("T07 of a writable buffer of 512 bytes, %i written count as %i", (written, counted) => {
    const target = driverVictim({ model, size: 2 });
    const head = target.driver.add(target.peer.buffer.address, POSTED_LENGTH, true);
    target.driver.publish();
    target.peer.ring.giveBack([head, written]);
    expect(target.driver.takeUsed()).toBe(head);
    expect(target.driver.usedLength).toBe(counted);
  });

  test("T07 only the writable buffers of a chain count", () => {
    const target = driverVictim({ model, size: 4 });
    const { driver, peer } = target;
    const [readable, writable] = [buffer(target, false), buffer(target, true)];
    const head = driver.addChain([readable, writable, { ...writable, length: 8 }]);
    driver.publish();
    peer.ring.giveBack([head, 0xffffffff]);
    driver.takeUsed();
    expect(driver.usedLength).toBe(POSTED_LENGTH + 8);
  });

  test("T08 a length of a readable buffer is taken for nothing, and breaks nothing", () => {
    const target = driverVictim({ model, size: 2 });
    const { driver, peer } = target;
    // The length of the buffer before it must not shine through.
    for (const deviceWritable of [true, false]) {
      const head = driver.add(peer.buffer.address, POSTED_LENGTH, deviceWritable);
      driver.publish();
      peer.ring.giveBack([head, 28]);
      expect(driver.takeUsed()).toBe(head);
      expect(driver.usedLength).toBe(deviceWritable ? 28 : 0);
    }
    expect(driver.broken).toBeUndefined();
  });
});

describe.each(memoryModels)("T10 descriptors that the device changes, over $name", (model) => {
  test("T10 at every field of every descriptor: heads, lengths and the free list stay right", () => {
    for (let at = 0; at < 4 * 16; at++) {
      const target = driverVictim({ model, size: 4 });
      const { driver, peer } = target;
      const one = buffer(target, true);
      const chain = driver.addChain([one, one, one]);
      const single = driver.add(one.address, POSTED_LENGTH, true);
      driver.publish();
      const before = peer.ring.descriptor(Math.floor(at / 16));
      const changed = { ...before, address: BigInt(before.address) };
      if (at % 16 < 8) changed.address ^= 0xffn << BigInt((at % 8) * 8);
      else if (at % 16 < 12) changed.length ^= 0xff << ((at % 4) * 8);
      else if (at % 16 < 14) changed.flags ^= 0xff << ((at % 2) * 8);
      else changed.next ^= 0xff << ((at % 2) * 8);
      peer.ring.setDescriptor(Math.floor(at / 16), changed);
      peer.ring.giveBack([single, 0xffffffff], [chain, 0xffffffff]);
      expect(takeAllUsed(driver)).toEqual([
        { head: single, usedLength: POSTED_LENGTH },
        { head: chain, usedLength: 3 * POSTED_LENGTH },
      ]);
      expect(driver.freeCount).toBe(4);
      const heads = Array.from({ length: 4 }, () => driver.add(one.address, POSTED_LENGTH, true));
      expect(heads.sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
      expect(driver.add(one.address, POSTED_LENGTH, true)).toBe(-1);
      // Nothing of what the device wrote is left in a descriptor that is used again.
      for (const head of heads) {
        expect(peer.ring.descriptor(head)).toEqual({
          address: BigInt(one.address),
          length: POSTED_LENGTH,
          flags: 2,
          next: 0,
        });
      }
    }
  });

  test("T10 nothing that the driver does reads the descriptor table or its own ring", () => {
    const target = driverVictim({ model, size: 8 });
    const { driver, guarded, ring, peer } = target;
    const { accesses } = guarded.record(() => {
      const heads = postBuffers(target, true);
      driver.disableInterrupts();
      peer.ring.giveBack(...heads.map((head) => [head, 0] as const));
      driver.enableInterrupts();
      takeAllUsed(driver);
    });
    expect(readsWithin(accesses, ring.descriptors)).toEqual([]);
    expect(readsWithin(accesses, ring.available)).toEqual([]);
    expect(readsWithin(accesses, ring.used)).not.toEqual([]);
    expect(guarded.violations).toEqual([]);
  });
});

describe.each(memoryModels)("T11 reads, over $name", (model) => {
  test("T11 takeUsed reads each field once: the index a batch, id and length a chain", () => {
    const target = driverVictim({ model, size: 8 });
    const { driver, guarded, ring, peer } = target;
    const [first = -1, second = -1] = postBuffers(target, true);
    peer.ring.giveBack([first, 16], [second, 16]);
    const used = ring.used.offset;
    const readsOf = (
      operation: () => void,
    ): [offset: number, length: number, atomic: boolean][] => {
      const { accesses, repeatedReads } = guarded.record(operation);
      expect(repeatedReads).toEqual([]);
      return accesses
        .filter(({ action }) => action === "read")
        .map(({ offset, length, atomic }) => [offset, length, atomic]);
    };
    expect(readsOf(() => expect(driver.takeUsed()).toBe(first))).toEqual([
      [used + 2, 2, true],
      [used + 4, 4, false],
      [used + 8, 4, false],
    ]);
    expect(readsOf(() => expect(driver.takeUsed()).toBe(second))).toEqual([
      [used + 12, 4, false],
      [used + 16, 4, false],
    ]);
    expect(readsOf(() => expect(driver.takeUsed()).toBe(-1))).toEqual([[used + 2, 2, true]]);
    expect(readsOf(() => expect(driver.enableInterrupts()).toBe(false))).toEqual([]);
  });

  test.each([false, true])(
    "T11 publish reads one word of the device: event index %s",
    (eventIndex) => {
      const target = driverVictim({ model, size: 8, eventIndex });
      const { driver, guarded, ring, peer } = target;
      driver.add(peer.buffer.address, POSTED_LENGTH, true);
      const { accesses } = guarded.record(() => driver.publish());
      const { offset, byteLength } = ring.used;
      expect(accesses.filter(({ action }) => action === "read")).toEqual([
        {
          action: "read",
          offset: eventIndex ? offset + byteLength - 2 : offset,
          length: 2,
          width: 2,
          atomic: true,
        },
      ]);
      // §2.7.13.4.1: it is read after the index was stored.
      const order = accesses.filter(({ atomic }) => atomic).map(({ action }) => action);
      expect(order).toEqual(["write", "read"]);
    },
  );
});

describe.each(memoryModels)("what the driver offers, over $name", (model) => {
  test("§2.7.5: a descriptor is written whole, addresses up to 2^53 - 1 in two words", () => {
    for (const address of [0, 16, 0xfffffff0, 2 ** 32, 2 ** 32 + 0x80000000, 2 ** 53 - 1]) {
      const { driver, peer } = driverVictim({ model, size: 1 });
      peer.ring.setDescriptor(0, { address: -1n, length: -1, flags: -1, next: -1 });
      const head = driver.add(address, 0xffffffff, false);
      expect(peer.ring.descriptor(head)).toEqual({
        address: BigInt(address),
        length: 0xffffffff,
        flags: 0,
        next: 0,
      });
    }
  });

  test("§2.7.5: a chain is linked by NEXT and next, its last buffer by neither", () => {
    const target = driverVictim({ model, size: 4 });
    const { driver, peer } = target;
    const head = driver.addChain([
      buffer(target, false),
      buffer(target, true),
      buffer(target, true),
    ]);
    const flags: number[] = [];
    let at = head;
    for (let step = 0; step < 3; step++) {
      const descriptor = peer.ring.descriptor(at);
      flags.push(descriptor.flags);
      at = descriptor.next;
    }
    expect(flags).toEqual([1, 3, 2]);
    expect(at).toBe(0);
  });

  test("§2.7.13: nothing is offered before publish, and what was added is offered at once", () => {
    const { driver, peer } = driverVictim({ model, size: 4, startIndex: 0xffff });
    peer.ring.availableIndex = 0xffff;
    const heads = [0, 1].map(() => driver.add(peer.buffer.address, POSTED_LENGTH, false));
    expect(peer.ring.availableIndex).toBe(0xffff);
    expect(driver.publish()).toBe(true);
    expect(peer.ring.availableIndex).toBe(1);
    expect([peer.ring.availableHead(0xffff), peer.ring.availableHead(0)]).toEqual(heads);
    expect(driver.publish()).toBe(false);
  });

  test("a queue that is full refuses, and takes again what came back", () => {
    const target = driverVictim({ model, size: 2 });
    const { driver, peer } = target;
    const one = buffer(target, true);
    expect(driver.add(one.address, one.length, true)).not.toBe(-1);
    expect(driver.addChain([one, one])).toBe(-1);
    const second = driver.add(one.address, one.length, true);
    expect(driver.add(one.address, one.length, true)).toBe(-1);
    driver.publish();
    peer.ring.giveBack([second, 0]);
    expect(driver.takeUsed()).toBe(second);
    expect(driver.add(one.address, one.length, true)).toBe(second);
  });

  const good = { address: 0x22000000, length: 1, deviceWritable: false };
  test.each([
    ["no buffer", [], /0 buffers, the queue has 4 descriptors/u],
    ["five buffers", [good, good, good, good, good], /5 buffers, the queue has 4 descriptors/u],
    ["an empty buffer", [{ ...good, length: 0 }], /a buffer of 0 bytes/u],
    ["a length that is no number", [{ ...good, length: Number.NaN }], /a buffer of NaN bytes/u],
    [
      "T16 §2.7.4.2 a readable buffer after a writable one",
      [{ ...good, deviceWritable: true }, good],
      /readable buffer comes after a writable one/u,
    ],
    [
      "T14 §2.7.5.2 more bytes than 2^32 - 1",
      [
        { ...good, length: 0x80000000 },
        { ...good, length: 0x80000000 },
      ],
      /more than 2\^32 - 1 bytes/u,
    ],
  ])("a chain of %s throws DESCRIPTOR and takes no descriptor", (_, buffers, message) => {
    const { driver, guarded } = driverVictim({ model, size: 4 });
    const { accesses } = guarded.record(() =>
      expect(() => driver.addChain(buffers)).toThrow(
        expect.objectContaining({ code: "DESCRIPTOR", message: expect.stringMatching(message) }),
      ),
    );
    expect(accesses).toEqual([]);
    expect(driver.freeCount).toBe(4);
  });
});
