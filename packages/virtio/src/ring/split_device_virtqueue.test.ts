import { addressSpace, bufferMemory, memoryOver } from "@openamp/libmetal";
import type { AddressSpace } from "@openamp/libmetal";
import {
  attacksOnDevice,
  changingWords,
  guardedWords,
  loopbackRing,
  rawSplitRing,
  refilled,
  seededRandom,
  swappedDescriptors,
} from "@openamp/testing";
import type { GuardedWords, RingPeer } from "@openamp/testing";
import { describe, expect, test } from "vitest";

import type { BrokenQueue } from "./broken_queue.ts";
import { SplitDeviceVirtqueue } from "./split_device_virtqueue.ts";
import type { SplitRing } from "./split_ring.ts";
import type { VirtqueueOptions } from "./virtqueue.ts";

const NEXT = 1;
const WRITE = 2;

/** A device's queue behind a guard that grants what a device may do, and a driver without rules. */
interface Victim {
  readonly device: SplitDeviceVirtqueue;
  readonly guarded: GuardedWords;
  readonly ring: SplitRing;
  readonly peer: RingPeer;
  readonly events: readonly BrokenQueue[];
}

interface VictimOptions extends VirtqueueOptions {
  readonly size: number;
  /** What the driver may name; the loopback's buffers else. */
  readonly space?: AddressSpace;
  readonly buffer?: RingPeer["buffer"];
}

function victim({ size, space, buffer, ...options }: VictimOptions): Victim {
  const loopback = loopbackRing({ size });
  const guarded = guardedWords(loopback.words);
  const ring = loopback.over(guarded);
  guarded.protect(0, guarded.byteLength, "none");
  guarded.protect(ring.descriptors.offset, ring.descriptors.byteLength, "read");
  guarded.protect(ring.available.offset, ring.available.byteLength, "read");
  // What it writes it never reads back.
  guarded.protect(ring.used.offset, ring.used.byteLength, "write");
  const events: BrokenQueue[] = [];
  const device = new SplitDeviceVirtqueue(ring, space ?? loopback.space, {
    ...options,
    onBroken: (event) => events.push(event),
  });
  const peer: RingPeer = {
    ring: rawSplitRing(loopback.over(loopback.words)),
    buffer: buffer ?? loopback.buffer,
    random: seededRandom(size),
  };
  return { device, guarded, ring, peer, events };
}

/** Takes all that can be taken; more chains than the table has would be an endless drain. */
function drain(device: SplitDeviceVirtqueue): number[] {
  const heads: number[] = [];
  for (let head = device.take(); head !== -1; head = device.take()) {
    heads.push(head);
    if (heads.length > device.size) throw new Error(`More than ${device.size} chains in one drain`);
  }
  return heads;
}

/** A queue that is broken says so once, and then neither reads, writes nor gives anything. */
function expectSilence({ device, guarded, events }: Victim): void {
  expect(events).toEqual([device.broken]);
  const { accesses } = guarded.record(() => {
    expect(device.take()).toBe(-1);
    expect(device.publish()).toBe(false);
  });
  expect(accesses).toEqual([]);
  expect(device.enableNotifications()).toBe(false);
  expect(events).toHaveLength(1);
}

/** Performs every way of an attack on queues of several sizes. */
function attack(number: keyof typeof attacksOnDevice, options: Partial<VictimOptions> = {}): void {
  const { title, ways } = attacksOnDevice[number];
  test.each(ways)(`${number} ${title}: $name`, (way) => {
    let performed = 0;
    for (const size of [1, 2, 4, 8, 64, 256, 32768]) {
      const target = victim({ ...options, size });
      if (way.possible?.(target.peer) === false) continue;
      performed++;
      const held = new Set<number>();
      for (const step of way.steps) {
        step(target.peer);
        for (const head of drain(target.device)) {
          expect(held.has(head)).toBe(false);
          held.add(head);
        }
      }
      if (way.verdict === "tolerated") {
        expect(target.device.broken).toBeUndefined();
        expect(target.events).toEqual([]);
        for (const head of held) target.device.complete(head, 0);
        target.device.publish();
        expect(target.peer.ring.usedIndex).toBe(held.size);
      } else {
        expect(way.verdict).toContain(target.device.broken?.fault);
        expectSilence(target);
      }
      expect(target.guarded.violations).toEqual([]);
    }
    expect(performed).toBeGreaterThan(0);
  });
}

/** Writes a chain of descriptors from `first` on and offers it. */
function offer(
  { ring, buffer }: RingPeer,
  first: number,
  chain: readonly { readonly at: number; readonly length: number; readonly flags?: number }[],
): void {
  for (const [step, { at, length, flags = 0 }] of chain.entries()) {
    const index = first + step;
    const more = step < chain.length - 1;
    ring.setDescriptor(index, {
      address: buffer.address + at,
      length,
      flags: flags | (more ? NEXT : 0),
      next: more ? index + 1 : 0,
    });
  }
  ring.offer(first);
}

describe("what the driver does wrong", () => {
  attack("T01");
  attack("T02");
  attack("T03");
  attack("T04");
  attack("T12");
  attack("T13");
  attack("T14");
  attack("T15");
  attack("T16");
  attack("T23");
  attack("T23", { eventIndex: true });
});

describe("T01 loops", () => {
  test("T01 every map of `next` on up to four descriptors ends, and is judged rightly", () => {
    for (const size of [1, 2, 4]) {
      for (let map = 0; map < size ** size; map++) {
        const next = Array.from({ length: size }, (_, at) => Math.floor(map / size ** at) % size);
        for (let last = 0; last < 2 ** size; last++) {
          const { device, peer, guarded, ring } = victim({ size });
          for (const [index, to] of next.entries()) {
            const flags = ((last >>> index) & 1) === 0 ? NEXT : 0;
            peer.ring.setDescriptor(index, {
              address: peer.buffer.address,
              length: 1,
              flags,
              next: to,
            });
          }
          peer.ring.offer(0);
          const { accesses } = guarded.record(() => device.take());
          // The reference: walk until a descriptor without NEXT, or one that was met before.
          const met = new Set<number>();
          let at = 0;
          while (!met.has(at) && ((last >>> at) & 1) === 0) {
            met.add(at);
            at = next[at] ?? 0;
          }
          expect(device.broken?.fault).toBe(met.has(at) ? "CHAIN_LOOP" : undefined);
          const visits = accesses.filter(
            (access) => access.action === "read" && inPart(ring.descriptors, access.offset),
          );
          expect(visits.length).toBeLessThanOrEqual(4 * size);
        }
      }
    }
  });

  test.each([64, 512, 4096, 32768])("T01 the walk of %i descriptors reads each once", (size) => {
    const { device, peer, guarded, ring } = victim({ size });
    offer(
      peer,
      0,
      Array.from({ length: size }, () => ({ at: 0, length: 1 })),
    );
    const { accesses, repeatedReads } = guarded.record(() => device.take());
    expect(device.segments).toBe(size);
    expect(reads(accesses, ring.descriptors)).toBe(4 * size);
    expect(repeatedReads).toEqual([]);
  });

  test.each([64, 512, 4096, 32768])(
    "T01 T04 a drain of %i heads, each leading through the table, reads no more than the table",
    (size) => {
      const { device, peer, guarded, ring } = victim({ size });
      const { address } = peer.buffer;
      for (let index = 0; index < size; index++) {
        const more = index < size - 1;
        peer.ring.setDescriptor(index, {
          address,
          length: 1,
          flags: more ? NEXT : 0,
          next: index + 1,
        });
      }
      peer.ring.offer(...Array.from({ length: size }, (_, index) => size - 1 - index));
      const { accesses } = guarded.record(() => drain(device));
      expect(device.broken?.fault).toBe("CHAIN_LOOP");
      expect(reads(accesses, ring.descriptors)).toBeLessThanOrEqual(4 * size);
    },
  );
});

describe("T02 indices beyond the table", () => {
  test("T02 every 16-bit head and every 16-bit next: refused exactly from the size on", () => {
    const size = 8;
    for (let index = 0; index <= 0xffff; index += index < 64 || index > 0xffc0 ? 1 : 61) {
      const head = victim({ size });
      offer(head.peer, 0, [{ at: 0, length: 1 }]);
      for (let each = 0; each < size; each++) {
        head.peer.ring.setDescriptor(each, { address: head.peer.buffer.address, length: 1 });
      }
      head.peer.ring.availableIndex = 0;
      head.peer.ring.offer(index);
      head.device.take();
      expect(head.device.broken?.fault).toBe(index < size ? undefined : "HEAD_RANGE");

      const chain = victim({ size });
      const { address } = chain.peer.buffer;
      for (let each = 1; each < size; each++) {
        chain.peer.ring.setDescriptor(each, { address, length: 1 });
      }
      chain.peer.ring.setDescriptor(0, { address, length: 1, flags: NEXT, next: index });
      chain.peer.ring.offer(0);
      chain.device.take();
      const loops = index === 0 ? "CHAIN_LOOP" : undefined;
      expect(chain.device.broken?.fault).toBe(index < size ? loops : "NEXT_RANGE");
    }
  });
});

describe("T03 the available index", () => {
  test.each([1, 2, 16, 256, 4096, 32768])(
    "T03 size %i: every jump beyond the size breaks the queue, no other does",
    (size) => {
      const start = 65530;
      const wrong: number[] = [];
      // A queue that is not broken by a jump serves for the next one.
      let target = victim({ size, startIndex: start });
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
    const { device, peer } = victim({ size: 4 });
    for (const index of [0, 1, 2, 3]) offer(peer, index, [{ at: 0, length: 1 }]);
    const heads = drain(device);
    device.complete(heads[0] ?? -1, 0);
    peer.ring.offer(0);
    expect(device.take()).toBe(-1);
    expect(device.broken?.fault).toBe("AVAILABLE_INDEX");
  });

  test("T03 T04 a head that comes again as soon as it was given back does not keep a drain going", () => {
    const { device, peer } = victim({ size: 8 });
    offer(peer, 3, [{ at: 0, length: 1 }]);
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
    const { device, peer } = victim({ size: 2 });
    for (let round = 0; round < 1000; round++) {
      offer(peer, 0, [
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
      const { device, peer } = victim({ size });
      for (let index = 0; index < size; index++) {
        peer.ring.setDescriptor(index, { address: peer.buffer.address, length: 1 });
      }
      const held = new Set<number>();
      for (let step = 0; step < 40; step++) {
        peer.ring.offer(random.below(size));
        for (const head of drain(device)) {
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

describe("T11 double fetches", () => {
  const chain = [
    { at: 0, length: 16 },
    { at: 64, length: 32, flags: WRITE },
    { at: 128, length: 8, flags: WRITE },
  ];

  test("T11 take reads each field once: index, ring entry, and four words a descriptor", () => {
    const { device, peer, guarded, ring } = victim({ size: 8 });
    offer(peer, 2, chain);
    offer(peer, 5, chain);
    for (const [head, looks] of [
      [2, 1],
      [5, 0],
    ]) {
      const { accesses, repeatedReads } = guarded.record(() => expect(device.take()).toBe(head));
      expect(repeatedReads).toEqual([]);
      expect(reads(accesses, ring.descriptors)).toBe(4 * chain.length);
      expect(reads(accesses, ring.available)).toBe(1 + (looks ?? 0));
      expect(accesses.some(({ action }) => action === "write")).toBe(false);
    }
  });

  test("T11 the index is taken atomically, the entries plainly after it", () => {
    const { device, peer, guarded, ring } = victim({ size: 8 });
    offer(peer, 0, [{ at: 0, length: 1 }]);
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
    const loopback = loopbackRing({ size: 8 });
    const changing = changingWords(loopback.words);
    const ring = loopback.over(changing);
    const device = new SplitDeviceVirtqueue(ring, loopback.space);
    const peer: RingPeer = {
      ring: rawSplitRing(loopback.over(loopback.words)),
      buffer: loopback.buffer,
      random: seededRandom(11),
    };
    offer(peer, 0, chain);
    changing.change = swappedDescriptors(ring);
    expect(device.take()).toBe(0);
    expect(described(device)).toEqual([
      { offset: 0, length: 16, writable: false },
      { offset: 64, length: 32, writable: true },
      { offset: 128, length: 8, writable: true },
    ]);
    expect([device.readableLength, device.writableLength]).toEqual([16, 40]);
  });

  test("T11 a chain stays as it was taken, whatever the driver writes afterwards", () => {
    const { device, peer } = victim({ size: 8 });
    offer(peer, 0, chain);
    device.take();
    const before = described(device);
    peer.ring.scribble("descriptors", peer.random);
    expect(described(device)).toEqual(before);
  });

  test("T11 memory that is something else at each read never leads outside, and never for ever", () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed);
      const size = 2 ** random.below(6);
      const loopback = loopbackRing({ size });
      const guarded = guardedWords(loopback.words);
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
        for (const head of drain(device)) {
          for (const { offset, length } of described(device)) {
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

describe("T12 addresses", () => {
  /** The code of a one-byte-exact sweep: what a queue makes of one descriptor. */
  function judged(space: AddressSpace, address: bigint | number, length: number): string {
    const { device, peer } = victim({ size: 1, space });
    peer.ring.setDescriptor(0, { address, length });
    peer.ring.offer(0);
    device.take();
    return device.broken?.fault ?? `offset ${device.offset(0)}, ${device.length(0)} bytes`;
  }

  function spaceOf(...starts: readonly number[]): AddressSpace {
    return addressSpace(
      starts.map((address, index) => ({
        name: `window${index}`,
        address,
        memory: bufferMemory({
          name: `memory${index}`,
          physicalAddress: address,
          buffer: new ArrayBuffer(4096),
        }),
      })),
    );
  }

  test.each([0, 0x1000, 0x7ffff000, 0xfffff000, 2 ** 32, 2 ** 45, 2 ** 53 - 8192])(
    "T12 a window at %i: inside is taken, one byte outside is refused",
    (start) => {
      const space = spaceOf(start);
      const end = BigInt(start) + 4096n;
      expect(judged(space, start, 1)).toBe("offset 0, 1 bytes");
      expect(judged(space, start, 4096)).toBe("offset 0, 4096 bytes");
      expect(judged(space, end - 1n, 1)).toBe("offset 4095, 1 bytes");
      for (const [address, length] of [
        [BigInt(start) - 1n, 1],
        [BigInt(start) - 1n, 2],
        [start, 4097],
        [end - 1n, 2],
        [end, 1],
        [start, 0xffffffff],
        [end - 1n, 0xffffffff],
        [2n ** 64n - BigInt(start || 1), 4096],
        [BigInt(start) + 2n ** 53n, 1],
        [BigInt(start) + 2n ** 63n, 1],
        [2n ** 53n - 1n, 1],
        [2n ** 53n, 1],
        [2n ** 64n - 1n, 1],
        [2n ** 64n - 1n, 0xffffffff],
      ] as const) {
        expect(judged(space, address, length)).toBe("ADDRESS");
      }
    },
  );

  test("T12 windows that touch are not one: a buffer across both is refused", () => {
    const space = spaceOf(0x10000, 0x11000);
    expect(judged(space, 0x10fff, 1)).toBe("offset 4095, 1 bytes");
    expect(judged(space, 0x11000, 1)).toBe("offset 0, 1 bytes");
    expect(judged(space, 0x10fff, 2)).toBe("ADDRESS");
  });

  test("T12 the ring itself is no buffer unless the driver may name it", () => {
    const { device, peer } = victim({ size: 1 });
    peer.ring.setDescriptor(0, { address: 0x21000000, length: 16 });
    peer.ring.offer(0);
    expect(device.take()).toBe(-1);
    expect(device.broken).toMatchObject({
      queue: 0,
      fault: "ADDRESS",
      message: "queue 0 is broken: descriptor 0 names 16 bytes at 0x21000000",
    });
  });
});

describe("T13 empty descriptors", () => {
  test("T13 are passed over; the others are described as if they were not there", () => {
    const { device, peer } = victim({ size: 8 });
    offer(peer, 0, [
      { at: 0, length: 0 },
      { at: 0, length: 4 },
      { at: 0, length: 0 },
      { at: 16, length: 8, flags: WRITE },
      { at: 0, length: 0, flags: WRITE },
    ]);
    expect(device.take()).toBe(0);
    expect(described(device)).toEqual([
      { offset: 0, length: 4, writable: false },
      { offset: 16, length: 8, writable: true },
    ]);
  });
});

describe("T14 the sum of lengths", () => {
  test.each([
    [0x80000001, 0x80000001, "CHAIN_LENGTH"],
    [0xffffffff, 1, "CHAIN_LENGTH"],
    [0xfffffffe, 1, undefined],
  ])("T14 §2.7.5.2: %i and %i bytes", (first, second, fault) => {
    // The queue does not touch buffers, so these words need not be there.
    const { words } = bufferMemory({
      name: "small",
      physicalAddress: 0,
      buffer: new ArrayBuffer(8),
    });
    const huge = memoryOver("huge", 0, "normal", { ...guardedWords(words), byteLength: 2 ** 33 });
    const space = addressSpace([{ name: "huge", address: 0, memory: huge }]);
    const { device, peer } = victim({ size: 2, space });
    peer.ring.setDescriptor(0, { address: 0, length: first, flags: NEXT, next: 1 });
    peer.ring.setDescriptor(1, { address: 2 ** 32, length: second, flags: WRITE });
    peer.ring.offer(0);
    device.take();
    expect(device.broken?.fault).toBe(fault);
  });

  attack("T14", {
    buffer: { address: 0, length: 2 ** 33 },
    space: addressSpace([
      {
        name: "huge",
        address: 0,
        memory: memoryOver("huge", 0, "normal", {
          ...guardedWords(
            bufferMemory({ name: "small", physicalAddress: 0, buffer: new ArrayBuffer(8) }).words,
          ),
          byteLength: 2 ** 33,
        }),
      },
    ]),
  });
});

describe("T15 T16 flags and order", () => {
  test("T16 T15 of all flags, only NEXT and WRITE are taken", () => {
    const taken: number[] = [];
    for (let flags = 0; flags <= 0xffff; flags += flags < 256 ? 1 : 255) {
      const { device, peer } = victim({ size: 2 });
      const { address } = peer.buffer;
      peer.ring.setDescriptor(0, { address, length: 1, flags, next: 1 });
      peer.ring.setDescriptor(1, { address, length: 1, flags: WRITE });
      peer.ring.offer(0);
      if (device.take() === 0) taken.push(flags);
      else expect(device.broken).toMatchObject({ fault: "DESCRIPTOR_FLAGS" });
    }
    expect(taken).toEqual([0, NEXT, WRITE, NEXT | WRITE]);
  });

  test("T16 §2.7.4.2: of all directions of four buffers, those with a readable after a writable fall", () => {
    for (let directions = 0; directions < 16; directions++) {
      const { device, peer } = victim({ size: 4 });
      const writable = [0, 1, 2, 3].map((bit) => ((directions >>> bit) & 1) === 1);
      offer(
        peer,
        0,
        writable.map((each) => ({ at: 0, length: 1, flags: each ? WRITE : 0 })),
      );
      const ordered = writable.every(
        (each, index) => each || !writable.slice(0, index).includes(true),
      );
      expect(device.take()).toBe(ordered ? 0 : -1);
      expect(device.broken?.fault).toBe(ordered ? undefined : "CHAIN_ORDER");
    }
  });
});

describe("T17 what the device writes", () => {
  test("T17 take and the description of a chain write nothing, neither into the ring nor a buffer", () => {
    const { device, peer, guarded, ring } = victim({ size: 4 });
    guarded.protect(ring.used.offset, ring.used.byteLength, "none");
    offer(peer, 0, [
      { at: 0, length: 16 },
      { at: 16, length: 16, flags: WRITE },
    ]);
    expect(device.take()).toBe(0);
    expect(described(device)).toHaveLength(2);
    expect(guarded.violations).toEqual([]);
  });

  test("T17 complete writes one used element, publish the used index, and nothing else", () => {
    const { device, peer, guarded, ring } = victim({ size: 4 });
    offer(peer, 1, [{ at: 0, length: 16 }]);
    device.take();
    const completed = guarded.record(() => device.complete(1, 16));
    const written = (offset: number, length: number): object =>
      expect.objectContaining({ action: "write", offset, length });
    const used = ring.used.offset;
    expect(completed.accesses.filter(({ action }) => action === "write")).toEqual([
      written(used + 4, 4),
      written(used + 8, 4),
    ]);
    const published = guarded.record(() => device.publish());
    expect(published.accesses.filter(({ action }) => action === "write")).toEqual([
      { action: "write", offset: used + 2, length: 2, width: 2, atomic: true },
    ]);
    expect(published.repeatedReads).toEqual([]);
    expect(peer.ring.usedIndex).toBe(1);
  });

  test("nothing is seen before publish, and no store is made where nothing was completed", () => {
    const { device, peer, guarded } = victim({ size: 4 });
    offer(peer, 0, [{ at: 0, length: 16 }]);
    device.take();
    device.complete(0, 16);
    expect(peer.ring.usedIndex).toBe(0);
    expect(device.publish()).toBe(true);
    expect(guarded.record(() => expect(device.publish()).toBe(false)).accesses).toEqual([]);
  });
});

describe("complete", () => {
  test.each([-1, 4, 1, 0.5, Number.NaN, 65536])(
    "throws DESCRIPTOR for %d, which is no head in flight, and gives nothing back",
    (head) => {
      const { device, peer } = victim({ size: 4, index: 1 });
      offer(peer, 0, [{ at: 0, length: 1 }]);
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
    const { device, peer } = victim({ size: 4, startIndex: 0xfffe });
    peer.ring.availableIndex = 0xfffe;
    for (const index of [0, 1, 2]) offer(peer, index, [{ at: 0, length: 1 }]);
    expect(drain(device)).toEqual([0, 1, 2]);
    device.complete(2, 7);
    device.complete(0, 0xffffffff);
    device.publish();
    expect(peer.ring.usedIndex).toBe(0);
    expect(peer.ring.usedElement(0xfffe)).toEqual([2, 7]);
    expect(peer.ring.usedElement(0xffff)).toEqual([0, 0xffffffff]);
  });
});

function inPart(part: SplitRing["used"], offset: number): boolean {
  return offset >= part.offset && offset < part.offset + part.byteLength;
}

function reads(
  accesses: readonly { readonly action: string; readonly offset: number }[],
  part: SplitRing["used"],
): number {
  return accesses.filter(({ action, offset }) => action === "read" && inPart(part, offset)).length;
}

interface Segment {
  readonly offset: number;
  readonly length: number;
  readonly writable: boolean;
}

function described(device: SplitDeviceVirtqueue): Segment[] {
  return Array.from({ length: device.segments }, (_, segment) => ({
    offset: device.offset(segment),
    length: device.length(segment),
    writable: device.writable(segment),
  }));
}

/** A fresh queue over the same ring. */
function renewed(target: Victim, startIndex: number): Victim {
  const space = addressSpace([]);
  const device = new SplitDeviceVirtqueue(target.ring, space, { startIndex });
  return { ...target, device, events: [] };
}
