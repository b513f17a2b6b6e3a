import { SplitDeviceVirtqueue, SplitDriverVirtqueue } from "@openamp/virtio";
import { describe, expect, test } from "vitest";

import { loopbackRing } from "../../model/loopback_ring.ts";
import { seededRandom } from "../../random/seeded_random.ts";
import { attacksOnDevice, attacksOnDriver } from "./attacks.ts";
import { rawSplitRing } from "./raw_split_ring.ts";

test("a raw ring reads what a driver wrote and a device gave back", () => {
  const loopback = loopbackRing({ size: 4 });
  const ring = loopback.over(loopback.words);
  const raw = rawSplitRing(ring);
  const driver = new SplitDriverVirtqueue(ring, { eventIndex: true });
  const device = new SplitDeviceVirtqueue(ring, loopback.space, { eventIndex: true });
  const head = driver.add(loopback.buffer.address + 8, 24, true);
  driver.publish();
  expect(raw.availableIndex).toBe(1);
  expect(raw.availableHead(0)).toBe(head);
  expect(raw.descriptor(head)).toEqual({ address: 0x22000008n, length: 24, flags: 2, next: 0 });
  device.complete(device.take(), 5);
  device.publish();
  expect(raw.usedIndex).toBe(1);
  expect(raw.usedElement(0)).toEqual([head, 5]);
  driver.takeUsed();
  driver.enableInterrupts();
  device.enableNotifications();
  expect([raw.usedEvent, raw.availableEvent]).toEqual([1, 1]);
});

test("a raw ring plays a good driver and a good device", () => {
  const loopback = loopbackRing({ size: 4 });
  const ring = loopback.over(loopback.words);
  const raw = rawSplitRing(ring);
  const device = new SplitDeviceVirtqueue(ring, loopback.space);
  const good = { address: loopback.buffer.address, length: 8 };
  raw.setChain(1, [good, good, { ...good, flags: 2 }]);
  raw.offer(1);
  expect(device.take()).toBe(1);
  expect([device.segments, device.readableLength, device.writableLength]).toEqual([3, 16, 8]);
});

test("words are cut to their fields, and indices wrap", () => {
  const loopback = loopbackRing({ size: 2 });
  const raw = rawSplitRing(loopback.over(loopback.words));
  raw.availableIndex = 0x1ffff;
  raw.offer(1, 0);
  expect(raw.availableIndex).toBe(1);
  expect([raw.availableHead(0xffff), raw.availableHead(0)]).toEqual([1, 0]);
  raw.usedIndex = -1;
  expect(raw.usedIndex).toBe(0xffff);
  raw.giveBack([2 ** 32 - 1, 7]);
  expect(raw.usedElement(0xffff)).toEqual([0xffffffff, 7]);
  raw.setDescriptor(0, { address: 2n ** 64n + 5n, length: -1, flags: -1, next: 0x10002 });
  expect(raw.descriptor(0)).toEqual({ address: 5n, length: 0xffffffff, flags: 0xffff, next: 2 });
  raw.usedFlags = 3;
  raw.availableFlags = 5;
  raw.usedEvent = 7;
  raw.availableEvent = 9;
  expect([raw.usedFlags, raw.availableFlags, raw.usedEvent, raw.availableEvent]).toEqual([
    3, 5, 7, 9,
  ]);
});

test("scribbling changes one part and no other", () => {
  const loopback = loopbackRing({ size: 8, align: 256 });
  const ring = loopback.over(loopback.words);
  rawSplitRing(ring).scribble("available", seededRandom(1));
  const bytes = loopback.words.view(0, loopback.words.byteLength);
  const { offset, byteLength } = ring.available;
  expect(new Set(bytes.subarray(offset, offset + byteLength)).size).toBeGreaterThan(4);
  expect(bytes.subarray(0, offset).some((byte) => byte !== 0)).toBe(false);
  expect(bytes.subarray(offset + byteLength).some((byte) => byte !== 0)).toBe(false);
});

describe("the table of attacks", () => {
  const attacks = [...Object.entries(attacksOnDevice), ...Object.entries(attacksOnDriver)];

  test.each(attacks)("%s has a title, and ways with names of their own", (number, attack) => {
    expect(number).toMatch(/^T\d\d$/u);
    expect(attack.title).not.toBe("");
    const names = attack.ways.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(names.length);
    for (const { steps, verdict } of attack.ways) {
      expect(steps.length).toBeGreaterThan(0);
      expect(verdict.length).toBeGreaterThan(0);
    }
  });
});
