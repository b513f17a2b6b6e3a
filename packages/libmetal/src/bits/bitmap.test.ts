import { type Bitmap, bitmap, bufferMemory } from "@openamp/libmetal";
import { array, assert, constantFrom, integer, nat, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";

/** The same as a set of numbers, in the words of the definition. */
class SetModel implements Omit<Bitmap, "words"> {
  readonly size: number;
  readonly #set = new Set<number>();

  constructor(size: number) {
    this.size = size;
  }

  get count(): number {
    return this.#set.size;
  }

  has(bit: number): boolean {
    return this.#set.has(bit);
  }

  set(bit: number): void {
    this.#set.add(bit);
  }

  clear(bit: number): void {
    this.#set.delete(bit);
  }

  nextSet(from: number = 0): number | undefined {
    for (let bit = from; bit < this.size; bit++) if (this.#set.has(bit)) return bit;
    return undefined;
  }

  nextClear(from: number = 0): number | undefined {
    for (let bit = from; bit < this.size; bit++) if (!this.#set.has(bit)) return bit;
    return undefined;
  }

  *setBits(): IterableIterator<number> {
    for (let bit = 0; bit < this.size; bit++) if (this.#set.has(bit)) yield bit;
  }

  *clearBits(): IterableIterator<number> {
    for (let bit = 0; bit < this.size; bit++) if (!this.#set.has(bit)) yield bit;
  }

  allocate(from: number = 0): number | undefined {
    const bit = this.nextClear(from);
    if (bit !== undefined) this.#set.add(bit);
    return bit;
  }
}

test("a bitmap of any size does what a set of numbers does", () => {
  const call = tuple(constantFrom("set", "clear", "allocate", "set all from"), nat(10_000));
  const asSet = property(
    integer({ min: 1, max: 200 }),
    nat(2 ** 31),
    array(call, { maxLength: 60 }),
    (size, garbage, calls) => {
      // The bits beyond the last one are somebody else's, and stay as they are.
      const length = Math.ceil(size / 32);
      const words = new Uint32Array(length + 1).fill(garbage);
      const bits = bitmap(size, words);
      const model = new SetModel(size);
      for (const bit of bits.setBits()) model.set(bit);
      for (const [name, number] of calls) {
        const bit = number % size;
        if (name === "set") for (const each of [bits, model]) each.set(bit);
        else if (name === "clear") for (const each of [bits, model]) each.clear(bit);
        else if (name === "allocate") {
          const from = number % (size + 2);
          if (bits.allocate(from) !== model.allocate(from)) return false;
        } else for (let at = bit; at < size; at++) for (const each of [bits, model]) each.set(at);

        for (let at = 0; at < size; at++) if (bits.has(at) !== model.has(at)) return false;
        for (let from = 0; from <= size + 1; from++) {
          if (bits.nextSet(from) !== model.nextSet(from)) return false;
          if (bits.nextClear(from) !== model.nextClear(from)) return false;
        }
        if (bits.count !== model.count) return false;
        if ([...bits.setBits()].join() !== [...model.setBits()].join()) return false;
        if ([...bits.clearBits()].join() !== [...model.clearBits()].join()) return false;
      }
      const beyond = size % 32 === 0 ? 0 : (~0 << (size % 32)) >>> 0;
      const last = words[length - 1] ?? 0;
      return words[length] === garbage && (last & beyond) >>> 0 === (garbage & beyond) >>> 0;
    },
  );
  expect(() => assert(asSet, { numRuns: 300 })).not.toThrow();
});

describe.each([1, 31, 32, 33, 64, 128, 1000])("a full bitmap of %i bits", (size) => {
  const full = (): Bitmap => {
    const bits = bitmap(size);
    while (bits.allocate() !== undefined);
    return bits;
  };

  // Upstream's finder starts again at bit 0, and hands out what is in use.
  test("has no clear bit, from wherever it is searched", () => {
    const bits = full();
    expect(bits.count).toBe(size);
    for (let from = 0; from <= size; from++) expect(bits.nextClear(from)).toBeUndefined();
    expect(bits.allocate()).toBeUndefined();
    expect(bits.allocate(size - 1)).toBeUndefined();
    expect(bits.count).toBe(size);
  });

  // Upstream's loop over clear bits never ends.
  test("has no clear bits to go through, and the loop ends; nor has an empty one set bits", () => {
    expect([...full().clearBits()]).toEqual([]);
    expect([...bitmap(size).setBits()]).toEqual([]);
    expect([...bitmap(size).clearBits()].length).toBe(size);
  });

  test("gives the one bit that was given back", () => {
    for (const bit of new Set([0, size >> 1, size - 1])) {
      const bits = full();
      bits.clear(bit);
      expect([...bits.clearBits()]).toEqual([bit]);
      expect(bits.allocate(bit + 1)).toBeUndefined();
      expect(bits.allocate()).toBe(bit);
      expect(bits.allocate()).toBeUndefined();
    }
  });
});

test("bits that change while they are gone through are seen from there on", () => {
  const bits = bitmap(100);
  const seen: number[] = [];
  bits.set(3);
  bits.set(50);
  for (const bit of bits.setBits()) {
    seen.push(bit);
    if (bit === 3) {
      bits.set(1);
      bits.clear(50);
      bits.set(99);
    }
  }
  expect(seen).toEqual([3, 99]);
});

test("a bitmap may lie in shared memory", () => {
  const buffer = new SharedArrayBuffer(64);
  const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer });
  const ours = bitmap(40, new Uint32Array(buffer, 8, 2));
  const theirs = bitmap(40, new Uint32Array(buffer, 8, 2));
  ours.set(0);
  ours.set(39);
  expect([...theirs.setBits()]).toEqual([0, 39]);
  expect([memory.read32(8), memory.read32(12)]).toEqual([1, 0x80]);
});

describe("a bitmap refuses", () => {
  test.each([-1, 40, 0.5, NaN, Infinity, 2 ** 32])("bit %d", (bit) => {
    const bits = bitmap(40);
    for (const call of [() => bits.has(bit), () => bits.set(bit), () => bits.clear(bit)]) {
      expect(call).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    }
    expect(bits.count).toBe(0);
  });

  test.each([-1, 0.5, NaN, Infinity])("to search from %d", (from) => {
    const bits = bitmap(40);
    for (const call of [
      () => bits.nextSet(from),
      () => bits.nextClear(from),
      () => bits.allocate(from),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    }
  });

  test.each([0, -1, 0.5, NaN, Infinity, 2 ** 32 + 1])("a size of %d", (size) => {
    expect(() => bitmap(size)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("fewer words than its bits take", () => {
    expect(bitmap(64, new Uint32Array(2)).size).toBe(64);
    expect(() => bitmap(65, new Uint32Array(2))).toThrow(
      "Make a bitmap of 65 bits: they take 3 words, and there are 2",
    );
  });
});
