import { bufferMemory, type DeviceAccess, dmaContext, scatterList } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

import { dmaGuard } from "./dma_guard.ts";

function guarded() {
  const ddr = bufferMemory({ name: "ddr", physicalAddress: 0, buffer: new ArrayBuffer(256) });
  const guard = dmaGuard(ddr, { throws: false });
  const dma = dmaContext({ name: "eth0", observer: guard.observer });
  const map = (offset: number, access: DeviceAccess) =>
    dma.map(scatterList([{ memory: guard.memory, offset, length: 64 }]), access);
  /** Reads and writes a byte, and tells which of the two broke the rule. */
  const touch = (offset: number) => {
    const before = guard.words.violations.length;
    guard.words.get8(offset);
    guard.words.set8(offset, 1);
    return guard.words.violations.slice(before).map(({ rule }) => rule);
  };
  return { map, touch };
}

describe("memory that knows which of its bytes a device has", () => {
  test.each<[DeviceAccess, string[]]>([
    ["read", ["not writable"]],
    ["write", ["not readable", "not writable"]],
    ["read-write", ["not readable", "not writable"]],
  ])("a device that does %s: to the processor they are %o", (access, rules) => {
    const { map, touch } = guarded();
    const mapped = map(64, access);
    expect([touch(63), touch(64), touch(127), touch(128)]).toEqual([[], rules, rules, []]);
    mapped.syncForCpu(0, 32);
    expect([touch(64), touch(96)]).toEqual([[], rules]);
    mapped.syncForDevice(0, 32);
    expect(touch(64)).toEqual(rules);
    mapped.syncForCpu();
    mapped.unmap();
    expect([touch(64), touch(127)]).toEqual([[], []]);
  });

  test("of two devices that read, the last gives it back", () => {
    const { map, touch } = guarded();
    const [first, second] = [map(0, "read"), map(32, "read")];
    first.unmap();
    expect([touch(0), touch(40), touch(80)]).toEqual([[], ["not writable"], ["not writable"]]);
    second.unmap();
    expect([touch(40), touch(80)]).toEqual([[], []]);
  });
});
