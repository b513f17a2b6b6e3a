import { addressSpace, bufferMemory, memoryOver } from "@openamp/libmetal";
import type { SharedWords } from "@openamp/libmetal";
import {
  attacksOnDevice,
  deviceVictim,
  guardedWords,
  someMemoryModels,
  takeAll,
} from "@openamp/testing";
import type {
  DeviceVictim,
  DeviceVictimOptions,
  MemoryModel,
  RingAttackWay,
} from "@openamp/testing";
import { describe, expect, test } from "vitest";

import type { QueueFault } from "./broken_queue.ts";

/** A queue that is broken says so once, and then neither reads, writes nor gives anything. */
function expectSilence(
  { device, guarded, events }: DeviceVictim,
  faults: readonly QueueFault[],
): void {
  expect(faults).toContain(device.broken?.fault);
  expect(events).toEqual([device.broken]);
  const { accesses } = guarded.record(() => {
    expect(device.take()).toBe(-1);
    expect(device.publish()).toBe(false);
  });
  expect(accesses).toEqual([]);
  expect(device.enableNotifications()).toBe(false);
  expect(events).toHaveLength(1);
}

/** A queue that took no harm gives back all that it took. */
function expectService({ device, peer, events }: DeviceVictim, held: ReadonlySet<number>): void {
  expect(device.broken).toBeUndefined();
  expect(events).toEqual([]);
  for (const head of held) device.complete(head, 0);
  device.publish();
  expect(peer.ring.usedIndex).toBe(held.size);
}

/** Performs one way of an attack, if it is possible; tells whether it was. */
function performed(way: RingAttackWay, options: DeviceVictimOptions): boolean {
  const victim = deviceVictim(options);
  if (way.possible?.(victim.peer) === false) return false;
  const held = new Set<number>();
  for (const step of way.steps) {
    step(victim.peer);
    const taken = takeAll(victim.device);
    const before = held.size;
    for (const head of taken) held.add(head);
    // No head twice, and not one that was held already.
    expect(held.size).toBe(before + taken.length);
    expect(held.size).toBeLessThanOrEqual(options.size);
  }
  if (way.verdict === "tolerated") expectService(victim, held);
  else expectSilence(victim, way.verdict);
  expect(victim.guarded.violations).toEqual([]);
  return true;
}

/** Performs every way of an attack on queues of several sizes. */
function attack(
  number: keyof typeof attacksOnDevice,
  options: Omit<DeviceVictimOptions, "size" | "model"> & { readonly model: MemoryModel },
): void {
  const { title, ways } = attacksOnDevice[number];
  test.each(ways)(`${number} ${title}: $name`, (way) => {
    const sizes = options.model.slow ? [1, 2, 8, 64] : [1, 2, 4, 8, 64, 256, 32768];
    expect(sizes.filter((size) => performed(way, { ...options, size }))).not.toEqual([]);
  });
}

/** Words of 8 GiB that are not there: a queue does not touch buffers. */
function hugeWords(): SharedWords {
  const { words } = bufferMemory({ name: "small", physicalAddress: 0, buffer: new ArrayBuffer(8) });
  return { ...guardedWords(words), byteLength: 2 ** 33 };
}

describe.each(someMemoryModels)("what the driver does wrong, over $name", (model) => {
  attack("T01", { model });
  attack("T02", { model });
  attack("T03", { model });
  attack("T04", { model });
  attack("T12", { model });
  attack("T13", { model });
  attack("T14", { model });
  attack("T15", { model });
  attack("T16", { model });
  attack("T23", { model });
  attack("T23", { model, eventIndex: true });

  const huge = memoryOver("huge", 0, "normal", hugeWords());
  attack("T14", {
    model,
    buffer: { address: 0, length: huge.size },
    space: addressSpace([{ name: "huge", address: 0, memory: huge }]),
  });
});
