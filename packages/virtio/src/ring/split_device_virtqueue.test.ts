import { addressSpace } from "@openamp/libmetal";
import {
  changingWords,
  deviceVictim,
  guardedWords,
  loopbackRing,
  memoryModels,
  offerBuffers,
  rawSplitRing,
  readsWithin,
  refilled,
  seededRandom,
  segmentsOf,
  swappedDescriptors,
  takeAll,
} from "@openamp/testing";
import type { DeviceVictim, RingPeer } from "@openamp/testing";
import { describe, expect, test } from "vitest";

import { SplitDeviceVirtqueue } from "./split_device_virtqueue.ts";

describe("T03 the available index", () => {
  test.each([1, 2, 16, 256, 4096, 32768])(
    "T03 size %i: of jumps across 16 bits, those beyond the size break the queue",
    (size) => {
      const start = 65530;
      const wrong: number[] = [];
      // A queue that is not broken by a jump serves for the next one.
      let target = deviceVictim({ size, startIndex: start });
      const step = size > 256 ? 97 : 7;
      for (let jump = 0; jump <= 0xffff; jump += Math.abs(jump - size) < 8 ? 1 : step) {
        target.peer.ring.availableIndex = start + jump;
        target.device.disableNotifications();
        const there = target.device.enableNotifications();
        const fault = target.device.broken?.fault;
        if (fault !== (jump > size ? "AVAILABLE_INDEX" : undefined)) wrong.push(jump);
        if (there !== (jump > 0 && jump <= size)) wrong.push(jump);
        // What was seen is seen, so a new queue comes also after a good jump.
        if (jump > 0) target = renewed(target, start);
      }
      expect(wrong).toEqual([]);
    },
  );

  test("T03 what is in flight counts too, and so does what was given back unseen", () => {
    const { device, peer } = deviceVictim({ size: 4 });
    for (const index of [0, 1, 2, 3]) offerBuffers(peer, index, [{ at: 0, length: 1 }]);
    const heads = takeAll(device);
    device.complete(heads[0] ?? -1, 0);
    peer.ring.offer(0);
    expect(device.take()).toBe(-1);
    expect(device.broken?.fault).toBe("AVAILABLE_INDEX");
  });

  test("T03 T04 a head that comes again as soon as it was given back does not keep a drain going", () => {
    const { device, peer } = deviceVictim({ size: 8 });
    offerBuffers(peer, 3, [{ at: 0, length: 1 }]);
    let taken = 0;
    for (let head = device.take(); head !== -1; head = device.take()) {
      taken++;
      device.complete(head, 0);
      peer.ring.offer(3);
      expect(taken).toBeLessThanOrEqual(8);
    }
    expect(taken).toBe(8);
    expect(device.broken?.fault).toBe("AVAILABLE_INDEX");
  });

  test("once its return is published, a head may come again for ever", () => {
    const { device, peer } = deviceVictim({ size: 2 });
    for (let round = 0; round < 1000; round++) {
      offerBuffers(peer, 0, [
        { at: 0, length: 1 },
        { at: 8, length: 1 },
      ]);
      expect(device.take()).toBe(0);
      device.complete(0, 0);
      device.publish();
    }
    expect(device.broken).toBeUndefined();
  });
});

describe("T04 more in flight than the table", () => {
  test("T04 whatever heads come, no head is held twice, and never more than the size", () => {
    const random = seededRandom(404);
    for (let round = 0; round < 500; round++) {
      const size = random.pick([1, 2, 4, 8]);
      const { device, peer } = deviceVictim({ size });
      for (let index = 0; index < size; index++) {
        peer.ring.setDescriptor(index, { address: peer.buffer.address, length: 1 });
      }
      const held = new Set<number>();
      for (let step = 0; step < 40; step++) {
        peer.ring.offer(random.below(size));
        for (const head of takeAll(device)) {
          expect(held.has(head)).toBe(false);
          held.add(head);
        }
        const [first] = held;
        if (first !== undefined && random.chance(0.5)) {
          held.delete(first);
          device.complete(first, 0);
          device.publish();
        }
        expect(held.size).toBeLessThanOrEqual(size);
      }
    }
  });
});

describe.each(memoryModels)("T11 double fetches, over $name", (model) => {
  const chain = [
    { at: 0, length: 16 },
    { at: 64, length: 32, writable: true },
    { at: 128, length: 8, writable: true },
  ];

  test("T11 take reads each field once: index, ring entry, and four words a descriptor", () => {
    const { device, peer, guarded, ring } = deviceVictim({ model, size: 8 });
    offerBuffers(peer, 2, chain);
    offerBuffers(peer, 5, chain);
    for (const [head, looks] of [
      [2, 1],
      [5, 0],
    ]) {
      const { accesses, repeatedReads } = guarded.record(() => expect(device.take()).toBe(head));
      expect(repeatedReads).toEqual([]);
      expect(readsWithin(accesses, ring.descriptors).length).toBe(4 * chain.length);
      expect(readsWithin(accesses, ring.available).length).toBe(1 + (looks ?? 0));
      expect(accesses.some(({ action }) => action === "write")).toBe(false);
    }
  });

  test("T11 the index is taken atomically, the entries plainly after it", () => {
    const { device, peer, guarded, ring } = deviceVictim({ model, size: 8 });
    offerBuffers(peer, 0, [{ at: 0, length: 1 }]);
    const { accesses } = guarded.record(() => device.take());
    const seen = accesses.filter(({ action }) => action === "read");
    expect(seen[0]).toEqual({
      action: "read",
      offset: ring.available.offset + 2,
      length: 2,
      width: 2,
      atomic: true,
    });
    expect(seen.slice(1).every(({ atomic }) => !atomic)).toBe(true);
  });

  test("T11 a driver that swaps descriptors after the first read of a field changes nothing", () => {
    const loopback = loopbackRing({ size: 8, model });
    const changing = changingWords(loopback.deviceWords);
    const ring = loopback.over(changing);
    const device = new SplitDeviceVirtqueue(ring, loopback.space);
    const peer: RingPeer = {
      ring: rawSplitRing(loopback.over(loopback.words)),
      buffer: loopback.buffer,
      random: seededRandom(11),
    };
    offerBuffers(peer, 0, chain);
    changing.change = swappedDescriptors(ring);
    expect(device.take()).toBe(0);
    expect(segmentsOf(device)).toEqual([
      { offset: 0, length: 16, writable: false },
      { offset: 64, length: 32, writable: true },
      { offset: 128, length: 8, writable: true },
    ]);
    expect([device.readableLength, device.writableLength]).toEqual([16, 40]);
  });

  test("T11 a chain stays as it was taken, whatever the driver writes afterwards", () => {
    const { device, peer } = deviceVictim({ model, size: 8 });
    offerBuffers(peer, 0, chain);
    device.take();
    const before = segmentsOf(device);
    peer.ring.scribble("descriptors", peer.random);
    expect(segmentsOf(device)).toEqual(before);
  });

  test("T11 memory that is something else at each read never leads outside, and never for ever", () => {
    for (let seed = 0; seed < (model.slow ? 50 : 300); seed++) {
      const random = seededRandom(seed);
      const size = 2 ** random.below(6);
      const loopback = loopbackRing({ size, model });
      const guarded = guardedWords(loopback.deviceWords);
      const changing = changingWords(guarded);
      const ring = loopback.over(changing);
      guarded.protect(ring.used.offset, ring.used.byteLength, "write");
      const device = new SplitDeviceVirtqueue(ring, loopback.space);
      const raw = rawSplitRing(loopback.over(loopback.words));
      const noise = refilled({ random });
      // Nearly right values get further than noise: small indices, addresses among the buffers.
      changing.change = (read) => {
        const value = noise(read) ?? 0;
        if (read.width === 2) return random.chance(0.9) ? random.below(size + 1) : value;
        const word = (read.offset % 16) / 4;
        if (random.chance(0.1)) return value;
        if (word === 0) return loopback.buffer.address + random.below(0x10000);
        if (word === 1) return 0;
        return word === 2 ? random.below(256) : random.below(4) | (random.below(size) << 16);
      };
      for (let step = 0; step < 50 && device.broken === undefined; step++) {
        for (const head of takeAll(device)) {
          for (const { offset, length } of segmentsOf(device)) {
            expect(offset).toBeGreaterThanOrEqual(0);
            expect(length).toBeGreaterThan(0);
            expect(offset + length).toBeLessThanOrEqual(loopback.buffer.length);
          }
          device.complete(head, 0);
        }
        device.publish();
      }
      expect(guarded.violations).toEqual([]);
      expect(raw.size).toBe(size);
    }
  });
});

describe.each(memoryModels)("T17 what the device writes, over $name", (model) => {
  test("T17 take and the description of a chain write nothing, neither into the ring nor a buffer", () => {
    const { device, peer, guarded, ring } = deviceVictim({ model, size: 4 });
    guarded.protect(ring.used.offset, ring.used.byteLength, "none");
    offerBuffers(peer, 0, [
      { at: 0, length: 16 },
      { at: 16, length: 16, writable: true },
    ]);
    expect(device.take()).toBe(0);
    expect(segmentsOf(device)).toHaveLength(2);
    expect(guarded.violations).toEqual([]);
  });

  test("T17 complete writes one used element, publish the used index, and nothing else", () => {
    const { device, peer, guarded, ring } = deviceVictim({ model, size: 4 });
    offerBuffers(peer, 1, [{ at: 0, length: 16 }]);
    device.take();
    const completed = guarded.record(() => device.complete(1, 16));
    const used = ring.used.offset;
    expect(completed.accesses.filter(({ action }) => action === "write")).toEqual([
      { action: "write", offset: used + 4, length: 4, width: 4, atomic: false },
      { action: "write", offset: used + 8, length: 4, width: 4, atomic: false },
    ]);
    const published = guarded.record(() => device.publish());
    expect(published.accesses.filter(({ action }) => action === "write")).toEqual([
      { action: "write", offset: used + 2, length: 2, width: 2, atomic: true },
    ]);
    expect(published.repeatedReads).toEqual([]);
    expect(peer.ring.usedIndex).toBe(1);
  });

  test("nothing is seen before publish, and no store is made where nothing was completed", () => {
    const { device, peer, guarded } = deviceVictim({ model, size: 4 });
    offerBuffers(peer, 0, [{ at: 0, length: 16 }]);
    device.take();
    device.complete(0, 16);
    expect(peer.ring.usedIndex).toBe(0);
    expect(device.publish()).toBe(true);
    expect(guarded.record(() => expect(device.publish()).toBe(false)).accesses).toEqual([]);
  });
});

describe.each(memoryModels)("complete, over $name", (model) => {
  test.each([-1, 4, 1, 0.5, Number.NaN, 65536])(
    "throws DESCRIPTOR for %d, which is no head in flight, and gives nothing back",
    (head) => {
      const { device, peer } = deviceVictim({ model, size: 4, index: 1 });
      offerBuffers(peer, 0, [{ at: 0, length: 1 }]);
      device.take();
      expect(() => device.complete(head, 0)).toThrow(
        expect.objectContaining({
          code: "DESCRIPTOR",
          message: `Complete head ${head} of queue 1: it is not in flight`,
        }),
      );
      expect(device.publish()).toBe(false);
      device.complete(0, 0);
      expect(() => device.complete(0, 0)).toThrow(expect.objectContaining({ code: "DESCRIPTOR" }));
      expect(device.publish()).toBe(true);
      expect(peer.ring.usedIndex).toBe(1);
    },
  );

  test("§2.7.8.2: chains may come back in any order, with the length that is given", () => {
    const { device, peer } = deviceVictim({ model, size: 4, startIndex: 0xfffe });
    peer.ring.availableIndex = 0xfffe;
    for (const index of [0, 1, 2]) offerBuffers(peer, index, [{ at: 0, length: 1 }]);
    expect(takeAll(device)).toEqual([0, 1, 2]);
    device.complete(2, 7);
    device.complete(0, 0xffffffff);
    device.publish();
    expect(peer.ring.usedIndex).toBe(0);
    expect(peer.ring.usedElement(0xfffe)).toEqual([2, 7]);
    expect(peer.ring.usedElement(0xffff)).toEqual([0, 0xffffffff]);
  });
});

/** A fresh queue over the same ring. */
function renewed(target: DeviceVictim, startIndex: number): DeviceVictim {
  const device = new SplitDeviceVirtqueue(target.ring, addressSpace([]), { startIndex });
  return { ...target, device, events: [] };
}
