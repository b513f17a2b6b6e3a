import { bufferMemory, type SharedWords } from "@openamp/libmetal";
import {
  type CachedWords,
  forgetfulWords,
  loopbackRing,
  type MaintenanceCall,
  type NonCoherentMemory,
  nonCoherentMemory,
} from "@openamp/testing";
import { describe, expect, test } from "vitest";

import { clearSplitRing } from "./split_ring.ts";
import { SplitDeviceVirtqueue } from "./split_device_virtqueue.ts";
import { SplitDriverVirtqueue } from "./split_driver_virtqueue.ts";

/** Entries, so many that each part of the ring has several lines. */
const SIZE = 64;
const LINE = 32;
/** Chains of a round, all but one in a batch: more than a line has room for. */
const CHAINS = 25;
const ROUNDS = 4;

/** What both sides flush and invalidate: every call in the sources of the ring, and no other. */
const CALLS = [
  "driver: flush of all descriptors",
  "driver: flush of all of the available ring",
  "driver: flush of all of the used ring",
  "driver: invalidate of all descriptors",
  "driver: invalidate of all of the available ring",
  "driver: flush of a descriptor",
  "driver: flush of the available entries",
  "driver: flush of the available index",
  "driver: flush of the available flags",
  "driver: flush of used_event",
  "driver: invalidate of the used index",
  "driver: invalidate of a used element",
  "driver: invalidate of the used flags",
  "driver: invalidate of avail_event",
  "device: invalidate of all of the used ring",
  "device: invalidate of the available index",
  "device: invalidate of an available entry",
  "device: invalidate of a descriptor",
  "device: invalidate of the available flags",
  "device: invalidate of used_event",
  "device: flush of a used element",
  "device: flush of the used index",
  "device: flush of the used flags",
  "device: flush of avail_event",
] as const;

const loopback = loopbackRing({ size: SIZE, align: 4096 });
const { descriptors, available, used } = loopback.over(loopback.words);

/** Where a call is made, in words. */
function placeOf({ offset, length }: MaintenanceCall): string {
  const is = (at: number, bytes: number): boolean => offset === at && length === bytes;
  const { offset: table } = descriptors;
  if (is(table, descriptors.byteLength)) return "all descriptors";
  if (length === 16 && offset < available.offset) return "a descriptor";
  if (is(available.offset, available.byteLength)) return "all of the available ring";
  if (is(available.offset, available.byteLength - 2)) return "the available entries";
  if (is(available.offset, 2)) return "the available flags";
  if (is(available.offset + 2, 2)) return "the available index";
  if (is(available.offset + available.byteLength - 2, 2)) return "used_event";
  if (offset < used.offset && length === 2) return "an available entry";
  if (is(used.offset, used.byteLength)) return "all of the used ring";
  if (is(used.offset, 2)) return "the used flags";
  if (is(used.offset + 2, 2)) return "the used index";
  if (is(used.offset + used.byteLength - 2, 2)) return "avail_event";
  return length === 8 ? "a used element" : `${length} bytes at ${offset}`;
}

interface Bench {
  readonly memory: NonCoherentMemory;
  readonly driver: SharedWords;
  readonly device: SharedWords;
  /** Another driver, of whom the ring is taken over. */
  readonly former: CachedWords;
  /** The calls that were made. */
  readonly calls: Set<string>;
}

/** A memory whose sides leave out one call. */
function bench(forgotten?: string): Bench {
  const { byteLength } = loopback.words;
  const buffer = new ArrayBuffer(byteLength);
  const { words } = bufferMemory({ name: "ring", physicalAddress: 0, buffer });
  const memory = nonCoherentMemory(words, { lineSize: LINE });
  const calls = new Set<string>();
  const side = (name: string): SharedWords =>
    forgetfulWords(memory.side(name), (call) => {
      const made = `${name}: ${call.action} of ${placeOf(call)}`;
      calls.add(made);
      return made === forgotten;
    });
  return {
    memory,
    driver: side("driver"),
    device: side("device"),
    former: memory.side("former"),
    calls,
  };
}

/** Batches there and back on a ring, opened by a driver and a device. */
function converse(
  driverWords: SharedWords,
  deviceWords: SharedWords,
  options: { readonly eventIndex: boolean; readonly startIndex?: number },
): void {
  const driver = new SplitDriverVirtqueue(loopback.over(driverWords), options);
  const device = new SplitDeviceVirtqueue(loopback.over(deviceWords), loopback.space, options);
  const { address } = loopback.buffer;
  for (let round = 0; round < ROUNDS; round++) {
    for (let chain = 0; chain < CHAINS - 1; chain++) {
      driver.addChain([
        { address, length: 16, deviceWritable: false },
        { address, length: 16, deviceWritable: true },
      ]);
    }
    driver.publish();
    device.disableNotifications();
    const heads: number[] = [];
    for (let head = device.take(); head !== -1; head = device.take()) heads.push(head);
    device.enableNotifications();
    // One more, before anything else is flushed: the driver has to see that it is to tell.
    driver.add(address, 16, false);
    driver.publish();
    const last = device.take();
    if (last !== -1) heads.push(last);
    for (const head of heads.toReversed()) device.complete(head, 8);
    driver.enableInterrupts();
    device.publish();
    driver.disableInterrupts();
    while (driver.takeUsed() !== -1);
  }
}

/** A fresh ring, the same ring again after a reset, and a live ring that is taken over and back. */
function everything({ driver, device, former }: Bench, eventIndex: boolean): void {
  for (let session = 0; session < 2; session++) {
    clearSplitRing(loopback.over(driver));
    converse(driver, device, { eventIndex });
  }
  clearSplitRing(loopback.over(former));
  converse(former, device, { eventIndex });
  converse(driver, device, { eventIndex, startIndex: ROUNDS * CHAINS });
}

describe("in memory that is not coherent", () => {
  test("the flushes and invalidates of both sides suffice, and the list has them all", () => {
    const made = new Set<string>();
    for (const eventIndex of [false, true]) {
      const whole = bench();
      everything(whole, eventIndex);
      expect(whole.memory.faults).toEqual([]);
      for (const call of whole.calls) made.add(call);
    }
    expect([...made].sort()).toEqual([...CALLS].sort());
  });

  test.each(CALLS)("without the %s, a write is hidden or lost", (call) => {
    const shown = [false, true].some((eventIndex) => {
      const without = bench(call);
      everything(without, eventIndex);
      return without.memory.faults.length > 0;
    });
    expect(shown).toBe(true);
  });
});
