import { afterEach, describe, expect, test } from "vitest";

import { watchBulk } from "./bulk_watch.ts";
import { guardedDeviceMemory } from "./guarded_device_memory.ts";

const refused = expect.objectContaining({ code: "ACCESS" });

describe("guarded device memory", () => {
  test("does all that words and regions do, at every alignment and length", () => {
    using device = guardedDeviceMemory({ size: 256, physicalAddress: 0x40000000 });
    const { memory, refusals } = device;
    expect([memory.kind, memory.mapping, memory.physicalAddress]).toEqual([
      "device",
      undefined,
      0x40000000,
    ]);
    for (const length of [0, 1, 3, 4, 7, 64, 65, 130]) {
      for (let offset = 8; offset < 12; offset++) {
        const bytes = Uint8Array.from({ length }, (_, index) => index + offset);
        for (let round = 0; round < 3; round++) {
          memory.setBlock(0, 0xee, 256);
          memory.writeBlock(offset, bytes);
          const copy = new Uint8Array(length);
          memory.readBlock(offset, copy);
          expect([copy, memory.words.view(offset, length)]).toEqual([bytes, bytes]);
          expect([memory.read8(offset - 1), memory.read8(offset + length)]).toEqual([0xee, 0xee]);
        }
      }
    }
    memory.write32(4, 1);
    memory.words.store16(2, 2);
    memory.words.store8(1, 3);
    expect(memory.words.load32(0)).toBe(0x000203ee);
    expect(refusals).toEqual([]);
    expect(() => device.check()).not.toThrow();
  });

  test("refuses a word that is not aligned, and what lies outside", () => {
    using device = guardedDeviceMemory({ size: 64 });
    const { words } = device.memory;
    for (const use of [
      () => words.get16(1),
      () => words.get32(2),
      () => words.load32(6),
      () => words.set16(3, 0),
      () => words.store32(1, 0),
    ]) {
      expect(use).toThrow(refused);
    }
    expect(() => words.copyIn(60, new Uint8Array(8), 0, 8)).toThrow(refused);
    const rules = device.refusals.map(({ operation, rule }) => `${operation} ${rule}`);
    expect(rules).toEqual([
      "read misaligned",
      "read misaligned",
      "read misaligned",
      "write misaligned",
      "write misaligned",
      "write outside",
    ]);
    // Also where somebody caught what was thrown.
    expect(() => device.check()).toThrow(
      expect.objectContaining({
        code: "ACCESS",
        message:
          'Use memory "device" of kind device: it refused read (misaligned), write (misaligned), write (outside)',
      }),
    );
  });

  test("a view is a copy: it does not change with the memory, nor the memory with it", () => {
    using device = guardedDeviceMemory({ size: 64 });
    const view = device.memory.words.view(0, 8);
    view[0] = 7;
    device.memory.words.set8(1, 9);
    expect([device.memory.words.get8(0), view[1]]).toEqual([0, 0]);
  });
});

const fill = (): unknown => Reflect.get(Uint8Array.prototype, "fill");

describe("a watched buffer", () => {
  const watches: Disposable[] = [];
  afterEach(() => {
    for (const watch of watches.splice(0)) watch[Symbol.dispose]();
  });

  function watchedBytes(): { readonly bytes: Uint8Array<ArrayBuffer>; readonly seen: string[] } {
    const bytes = new Uint8Array(new ArrayBuffer(64));
    const seen: string[] = [];
    watches.push(watchBulk(bytes.buffer, (operation, rule) => seen.push(`${operation} ${rule}`)));
    return { bytes, seen };
  }

  test.each<readonly [string, (bytes: Uint8Array<ArrayBuffer>) => unknown]>([
    ["set bulk", (bytes) => bytes.set([1, 2])],
    ["set bulk", (bytes) => new Uint8Array(64).set(bytes)],
    ["fill bulk", (bytes) => bytes.fill(1)],
    ["slice bulk", (bytes) => bytes.slice(1)],
    ["subarray bulk", (bytes) => bytes.subarray(1)],
    ["copyWithin bulk", (bytes) => bytes.copyWithin(0, 8, 16)],
    ["indexOf bulk", (bytes) => bytes.indexOf(3)],
    ["Symbol(Symbol.iterator) bulk", (bytes) => Array.from(bytes)],
    ["getUint32 bulk", ({ buffer }) => new DataView(buffer).getUint32(1, true)],
    ["setFloat64 bulk", ({ buffer }) => new DataView(buffer).setFloat64(8, 1, true)],
    ["decode bulk", (bytes) => new TextDecoder().decode(bytes)],
    ["decode bulk", ({ buffer }) => new TextDecoder().decode(buffer)],
    ["add read-modify-write", (bytes) => Atomics.add(bytes, 0, 1)],
    ["exchange read-modify-write", (bytes) => Atomics.exchange(bytes, 0, 1)],
    ["compareExchange read-modify-write", (bytes) => Atomics.compareExchange(bytes, 0, 1, 2)],
  ])("tells of %s", (expected, use) => {
    const { bytes, seen } = watchedBytes();
    use(bytes);
    expect(seen).toEqual([expected]);
  });

  test("does not tell of an element, of an atomic load or store, nor of other buffers", () => {
    const { bytes, seen } = watchedBytes();
    bytes[3] = 4;
    Atomics.store(bytes, 4, bytes[3]);
    expect(Atomics.load(bytes, 4)).toBe(4);
    const other = new Uint8Array(8).fill(1);
    new DataView(other.buffer).setUint32(0, 9);
    Atomics.add(other, 0, 1);
    expect(seen).toEqual([]);
  });

  test("is let alone, and the realm as it was, when the last watch ends", () => {
    const before = fill();
    const { bytes, seen } = watchedBytes();
    const another = watchedBytes();
    expect(fill()).not.toBe(before);
    watches[0]?.[Symbol.dispose]();
    watches[0]?.[Symbol.dispose]();
    bytes.fill(1);
    another.bytes.fill(1);
    expect([seen, another.seen]).toEqual([[], ["fill bulk"]]);
    watches[1]?.[Symbol.dispose]();
    expect(fill()).toBe(before);
  });
});
