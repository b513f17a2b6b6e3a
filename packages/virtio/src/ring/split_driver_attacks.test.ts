import {
  attacksOnDriver,
  driverVictim,
  someMemoryModels,
  POSTED_LENGTH,
  postBuffers,
  takeAllUsed,
} from "@openamp/testing";
import type {
  DriverVictim,
  DriverVictimOptions,
  MemoryModel,
  RingAttackWay,
} from "@openamp/testing";
import { assert, integer, oneof, property } from "fast-check";
import { describe, expect, test } from "vitest";

import type { QueueFault } from "./broken_queue.ts";
import type { ChainBuffer, VirtqueueOptions } from "./virtqueue.ts";

function buffer({ peer }: DriverVictim, deviceWritable: boolean): ChainBuffer {
  return { address: peer.buffer.address, length: POSTED_LENGTH, deviceWritable };
}

/** A queue that is broken says so once, and then neither reads, writes nor gives anything. */
function expectSilence(target: DriverVictim, faults: readonly QueueFault[]): void {
  const { driver, guarded, events } = target;
  expect(faults).toContain(driver.broken?.fault);
  expect(events).toEqual([driver.broken]);
  const free = driver.freeCount;
  const { address, length } = buffer(target, true);
  const { accesses } = guarded.record(() => {
    expect(driver.takeUsed()).toBe(-1);
    expect(driver.add(address, length, true)).toBe(-1);
    expect(driver.addChain([buffer(target, true)])).toBe(-1);
    expect(driver.publish()).toBe(false);
  });
  expect(accesses).toEqual([]);
  expect(driver.enableInterrupts()).toBe(false);
  expect(driver.freeCount).toBe(free);
  expect(events).toHaveLength(1);
}

/** A queue that took no harm takes back all that is still out. */
function expectService({ driver, peer, events }: DriverVictim, out: ReadonlySet<number>): void {
  expect(driver.broken).toBeUndefined();
  expect(events).toEqual([]);
  const heads = [...out];
  peer.ring.giveBack(...heads.map((head) => [head, 0] as const));
  expect(takeAllUsed(driver).map(({ head }) => head)).toEqual(heads);
  expect(driver.freeCount).toBe(driver.size);
}

/** Performs one way of an attack, if it is possible; tells whether it was. */
function performed(
  way: RingAttackWay,
  options: DriverVictimOptions,
  deviceWritable: boolean,
): boolean {
  const victim = driverVictim(options);
  const out = new Set(postBuffers(victim, deviceWritable));
  if (way.possible?.(victim.peer) === false) return false;
  for (const step of way.steps) {
    step(victim.peer);
    const taken = takeAllUsed(victim.driver);
    const most = deviceWritable ? 2 * POSTED_LENGTH : 0;
    expect(taken.filter(({ head }) => !out.delete(head))).toEqual([]);
    expect(taken.filter(({ usedLength }) => usedLength > most)).toEqual([]);
  }
  if (way.verdict === "tolerated") expectService(victim, out);
  else expectSilence(victim, way.verdict);
  expect(victim.guarded.violations).toEqual([]);
  return true;
}

/** Performs every way of an attack on queues of several sizes. */
function attack(
  number: keyof typeof attacksOnDriver,
  deviceWritable: boolean,
  options: VirtqueueOptions & { readonly model: MemoryModel },
): void {
  const { title, ways } = attacksOnDriver[number];
  test.each(ways)(`${number} ${title}: $name`, (way) => {
    const sizes = options.model.slow ? [1, 2, 8, 64] : [1, 2, 4, 8, 64, 256, 32768];
    const hit = sizes.filter((size) => performed(way, { ...options, size }, deviceWritable));
    expect(hit).not.toEqual([]);
  });
}

describe.each(someMemoryModels)("what the device does wrong, over $name", (model) => {
  attack("T03", true, { model });
  attack("T05", true, { model });
  attack("T06", true, { model });
  attack("T07", true, { model });
  attack("T08", false, { model });
  attack("T10", true, { model });
  attack("T10", false, { model });
  attack("T22", true, { model });
  attack("T23", true, { model });
  attack("T23", true, { model, eventIndex: true });
});

describe("T03 the used index", () => {
  test.each([1, 2, 16, 256, 4096, 32768])(
    "T03 size %i: of jumps across 16 bits, those beyond what was posted break the queue",
    (size) => {
      const start = 65530;
      const wrong: number[] = [];
      const posted = size >>> 1 || 1;
      const step = size > 256 ? 4099 : 97;
      for (let jump = 0; jump <= 0xffff; jump += Math.abs(jump - posted) < 8 ? 1 : step) {
        const { driver, peer } = driverVictim({ size, startIndex: start });
        const { address } = peer.buffer;
        for (let count = 0; count < posted; count++) driver.add(address, POSTED_LENGTH, true);
        driver.publish();
        peer.ring.usedIndex = start + jump;
        const there = driver.enableInterrupts();
        if (driver.broken?.fault !== (jump > posted ? "USED_INDEX" : undefined)) wrong.push(jump);
        if (there !== (jump > 0 && jump <= posted)) wrong.push(jump);
      }
      expect(wrong).toEqual([]);
    },
  );

  test("T03 chains count, not their descriptors", () => {
    const target = driverVictim({ size: 8 });
    const one = buffer(target, true);
    const head = target.driver.addChain([one, one, one]);
    target.driver.publish();
    target.peer.ring.giveBack([head, 0], [head, 0]);
    expect(target.driver.takeUsed()).toBe(-1);
    expect(target.driver.broken?.fault).toBe("USED_INDEX");
  });

  test("T03 T06 a chain that was added and not published cannot come back", () => {
    const target = driverVictim({ size: 8 });
    const head = target.driver.add(target.peer.buffer.address, POSTED_LENGTH, true);
    target.peer.ring.giveBack([head, 0]);
    expect(target.driver.takeUsed()).toBe(-1);
    expect(target.driver.broken?.fault).toBe("USED_INDEX");
  });
});

describe("T05 T06 T22 used ids", () => {
  test("T05 T22 of any 32-bit ids, only heads that are in flight are taken", () => {
    const size = 8;
    const anyId = oneof(integer({ min: 0, max: 0xffffffff }), integer({ min: 0, max: 64 }));
    const onlyTheHead = property(anyId, integer({ min: 0, max: 0xffff }), (id, high) => {
      for (const used of [id, (high * 0x10000 + (id % size)) >>> 0]) {
        const target = driverVictim({ size });
        const { driver, peer, guarded } = target;
        const heads = postBuffers(target, true);
        const free = driver.freeCount;
        peer.ring.giveBack([used, POSTED_LENGTH]);
        const taken = driver.takeUsed();
        const refusal = used < size ? "USED_ID" : "USED_ID_RANGE";
        expect(driver.broken?.fault).toBe(heads.includes(used) ? undefined : refusal);
        expect(taken).toBe(heads.includes(used) ? used : -1);
        expect(driver.freeCount > free).toBe(heads.includes(used));
        expect(guarded.violations).toEqual([]);
      }
    });
    expect(() => assert(onlyTheHead, { numRuns: 300 })).not.toThrow();
  });

  test("T05 the event tells the queue, the fault, and what was read", () => {
    const target = driverVictim({ size: 4, index: 3 });
    postBuffers(target, true);
    target.peer.ring.giveBack([0x10001, 0]);
    target.driver.takeUsed();
    expect(target.events).toEqual([
      {
        queue: 3,
        fault: "USED_ID_RANGE",
        message: "queue 3 is broken: used id 65537 is no descriptor of 4",
      },
    ]);
  });

  test("T06 after a forged id the free list is what it was before", () => {
    const target = driverVictim({ size: 8 });
    const { driver, peer } = target;
    const [first = -1] = postBuffers(target, true);
    expect(first).toBe(0);
    // Descriptor 1 is in the middle of the first chain, 7 is free.
    for (const forged of [1, 7]) {
      const copy = driverVictim({ size: 8 });
      postBuffers(copy, true);
      copy.peer.ring.giveBack([forged, 0]);
      expect(copy.driver.takeUsed()).toBe(-1);
      expect(copy.driver.broken?.fault).toBe("USED_ID");
      expect(copy.driver.freeCount).toBe(1);
    }
    peer.ring.giveBack([first, 0]);
    expect(driver.takeUsed()).toBe(first);
    expect(driver.freeCount).toBe(3);
  });
});
