import { addressSpace, bufferMemory, memoryOver } from "@openamp/libmetal";
import type { AddressSpace } from "@openamp/libmetal";
import {
  deviceVictim,
  guardedWords,
  offerBuffers,
  readsWithin,
  segmentsOf,
  takeAll,
} from "@openamp/testing";
import { describe, expect, test } from "vitest";

const NEXT = 1;
const WRITE = 2;

/** Memories of 4096 bytes at the addresses. */
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

/** What a queue makes of one descriptor. */
function judged(space: AddressSpace, address: bigint | number, length: number): string {
  const { device, peer } = deviceVictim({ size: 1, space });
  peer.ring.setDescriptor(0, { address, length });
  peer.ring.offer(0);
  device.take();
  return device.broken?.fault ?? `offset ${device.offset(0)}, ${device.length(0)} bytes`;
}

describe("T01 loops", () => {
  test("T01 every map of `next` on up to four descriptors ends, and is judged rightly", () => {
    for (const size of [1, 2, 4]) {
      for (let map = 0; map < size ** size; map++) {
        const next = Array.from({ length: size }, (_, at) => Math.floor(map / size ** at) % size);
        for (let last = 0; last < 2 ** size; last++) {
          const { device, peer, guarded, ring } = deviceVictim({ size });
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
          expect(readsWithin(accesses, ring.descriptors).length).toBeLessThanOrEqual(4 * size);
        }
      }
    }
  });

  test.each([64, 512, 4096, 32768])("T01 the walk of %i descriptors reads each once", (size) => {
    const { device, peer, guarded, ring } = deviceVictim({ size });
    offerBuffers(
      peer,
      0,
      Array.from({ length: size }, () => ({ at: 0, length: 1 })),
    );
    const { accesses, repeatedReads } = guarded.record(() => device.take());
    expect(device.segments).toBe(size);
    expect(readsWithin(accesses, ring.descriptors).length).toBe(4 * size);
    expect(repeatedReads).toEqual([]);
  });

  test.each([64, 512, 4096, 32768])(
    "T01 T04 a drain of %i heads, each leading through the table, reads no more than the table",
    (size) => {
      const { device, peer, guarded, ring } = deviceVictim({ size });
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
      const { accesses } = guarded.record(() => takeAll(device));
      expect(device.broken?.fault).toBe("CHAIN_LOOP");
      expect(readsWithin(accesses, ring.descriptors).length).toBeLessThanOrEqual(4 * size);
    },
  );
});

describe("T02 indices beyond the table", () => {
  test("T02 heads and nexts across 16 bits are refused exactly from the size on", () => {
    const size = 8;
    for (let index = 0; index <= 0xffff; index += index < 64 || index > 0xffc0 ? 1 : 61) {
      const head = deviceVictim({ size });
      for (let each = 0; each < size; each++) {
        head.peer.ring.setDescriptor(each, { address: head.peer.buffer.address, length: 1 });
      }
      head.peer.ring.offer(index);
      head.device.take();
      expect(head.device.broken?.fault).toBe(index < size ? undefined : "HEAD_RANGE");

      const chain = deviceVictim({ size });
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

describe("T12 addresses", () => {
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
    const { device, peer } = deviceVictim({ size: 1 });
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
    const { device, peer } = deviceVictim({ size: 8 });
    offerBuffers(peer, 0, [
      { at: 0, length: 0 },
      { at: 0, length: 4 },
      { at: 0, length: 0 },
      { at: 16, length: 8, writable: true },
      { at: 0, length: 0, writable: true },
    ]);
    expect(device.take()).toBe(0);
    expect(segmentsOf(device)).toEqual([
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
    const { device, peer } = deviceVictim({ size: 2, space });
    peer.ring.setDescriptor(0, { address: 0, length: first, flags: NEXT, next: 1 });
    peer.ring.setDescriptor(1, { address: 2 ** 32, length: second, flags: WRITE });
    peer.ring.offer(0);
    device.take();
    expect(device.broken?.fault).toBe(fault);
  });
});

describe("T15 T16 flags and order", () => {
  test("T16 T15 of flags across 16 bits, only NEXT and WRITE are taken", () => {
    const taken: number[] = [];
    const faults = new Set<string | undefined>();
    for (let flags = 0; flags <= 0xffff; flags += flags < 256 ? 1 : 255) {
      const { device, peer } = deviceVictim({ size: 2 });
      const { address } = peer.buffer;
      peer.ring.setDescriptor(0, { address, length: 1, flags, next: 1 });
      peer.ring.setDescriptor(1, { address, length: 1, flags: WRITE });
      peer.ring.offer(0);
      if (device.take() === 0) taken.push(flags);
      else faults.add(device.broken?.fault);
    }
    expect([...faults]).toEqual(["DESCRIPTOR_FLAGS"]);
    expect(taken).toEqual([0, NEXT, WRITE, NEXT | WRITE]);
  });

  test("T16 §2.7.4.2: of all directions of four buffers, those with a readable after a writable fall", () => {
    for (let directions = 0; directions < 16; directions++) {
      const { device, peer } = deviceVictim({ size: 4 });
      const writable = [0, 1, 2, 3].map((bit) => ((directions >>> bit) & 1) === 1);
      offerBuffers(
        peer,
        0,
        writable.map((each) => ({ at: 0, length: 1, writable: each })),
      );
      const ordered = writable.every(
        (each, index) => each || !writable.slice(0, index).includes(true),
      );
      expect(device.take()).toBe(ordered ? 0 : -1);
      expect(device.broken?.fault).toBe(ordered ? undefined : "CHAIN_ORDER");
    }
  });
});
