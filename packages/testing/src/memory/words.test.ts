import { bufferMemory } from "@openamp/libmetal";
import type { SharedWords } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

import { seededRandom } from "../random/seeded_random.ts";
import { CACHE_LINE } from "./cache/non_coherent_memory.ts";
import { cachedWords } from "./cached_words.ts";
import { changingWords, refilled, scripted } from "./changing_words.ts";
import { guardedWords } from "./guarded_words.ts";
import { observedWords } from "./observed_words.ts";

const SIZE = 256;

function mapped(): SharedWords {
  const buffer = new SharedArrayBuffer(SIZE);
  return bufferMemory({ name: "shm", physicalAddress: 0, buffer }).words;
}

const wrappers: Readonly<Record<string, (words: SharedWords) => SharedWords>> = {
  observed: (words) => observedWords(words, () => undefined),
  guarded: (words) => guardedWords(words),
  changing: (words) => changingWords(words),
  cached: (words) => cachedWords(words),
};

describe.each(Object.entries(wrappers))("%s words", (_, wrap) => {
  test("do the same as the words of production, access by access", () => {
    const random = seededRandom(5);
    const real = mapped();
    const wrapped = wrap(mapped());
    const both = (use: (words: SharedWords) => unknown): void => {
      expect(use(wrapped)).toEqual(use(real));
    };
    expect(wrapped.byteLength).toBe(SIZE);
    for (let step = 0; step < 3000; step++) {
      const offset = random.below(SIZE / 4) * 4;
      const value = random.next32();
      const length = random.below(SIZE - offset);
      const bytes = random.fillBytes(new Uint8Array(length + 3));
      const uses: readonly ((words: SharedWords) => unknown)[] = [
        (words) => words.set8(offset + 3, value),
        (words) => words.set16(offset + 2, value),
        (words) => words.set32(offset, value),
        (words) => words.set64(offset & -8, BigInt(value) * 0x100000003n),
        (words) => words.store64(offset & -8, BigInt(value) << 17n),
        (words) => words.store8(offset + 1, value & 0xff),
        (words) => words.store16(offset, value & 0xffff),
        (words) => words.store32(offset, value),
        (words) => words.copyIn(offset, bytes, 3, length),
        (words) => words.fill(offset, value, length),
        (words) => words.flush(offset, length),
        (words) => words.get8(offset + 1),
        (words) => words.get16(offset + 2),
        (words) => words.get32(offset),
        (words) => words.get64(offset & -8),
        (words) => words.load64(offset & -8),
        (words) => words.load8(offset + 3),
        (words) => words.load16(offset),
        (words) => words.load32(offset),
        (words) => Array.from(words.view(offset, length)),
        (words) => {
          const target = new Uint8Array(length + 1);
          words.copyOut(offset, target, 1, length);
          return target;
        },
      ];
      both(random.pick(uses));
    }
  });
});

describe("guarded words", () => {
  test("record each access with its offset, width, and whether it was atomic", () => {
    const words = guardedWords(mapped());
    words.set32(0, 1);
    const { accesses } = words.record(() => {
      words.get32(8);
      words.load16(2);
      words.store16(4, 1);
      words.copyIn(16, new Uint8Array(5), 0, 5);
      words.invalidate(0, 4);
      words.flush(16, 5);
    });
    expect(accesses).toEqual([
      { action: "read", offset: 8, length: 4, width: 4, atomic: false },
      { action: "read", offset: 2, length: 2, width: 2, atomic: true },
      { action: "write", offset: 4, length: 2, width: 2, atomic: true },
      { action: "write", offset: 16, length: 5, width: 1, atomic: false },
      { action: "invalidate", offset: 0, length: 4, width: 1, atomic: false },
      { action: "flush", offset: 16, length: 5, width: 1, atomic: false },
    ]);
  });

  test("find bytes that are read twice, whatever the widths, and forget between operations", () => {
    const words = guardedWords(mapped());
    const offsets = (operation: () => void): number[] =>
      words.record(operation).repeatedReads.map(({ offset }) => offset);
    expect(offsets(() => [words.get32(0), words.get32(4), words.get16(8)])).toEqual([]);
    expect(offsets(() => [words.get32(0), words.get16(2)])).toEqual([2]);
    expect(offsets(() => [words.get8(9), words.view(8, 4), words.get8(8)])).toEqual([8, 8]);
    expect(offsets(() => [words.get32(0), words.set32(0, 1)])).toEqual([]);
  });

  test("refuse what lies outside, what is not aligned, and what is not granted", () => {
    const words = guardedWords(mapped());
    words.protect(0, 16, "none");
    words.protect(16, 16, "read");
    words.protect(32, 16, "write");
    const refused = (use: () => unknown): string | undefined => {
      const before = words.violations.length;
      expect(use).toThrow(expect.objectContaining({ code: "ACCESS" }));
      expect(words.violations).toHaveLength(before + 1);
      return words.violations.at(-1)?.rule;
    };
    expect(refused(() => words.get32(SIZE))).toBe("outside");
    expect(refused(() => words.get32(-4))).toBe("outside");
    expect(refused(() => words.get8(Number.NaN))).toBe("outside");
    expect(refused(() => words.fill(SIZE - 4, 0, 5))).toBe("outside");
    expect(refused(() => words.flush(SIZE, 1))).toBe("outside");
    expect(refused(() => words.get16(65))).toBe("misaligned");
    expect(refused(() => words.set32(66, 0))).toBe("misaligned");
    expect(refused(() => words.get8(15))).toBe("not readable");
    expect(refused(() => words.set8(15, 0))).toBe("not writable");
    expect(refused(() => words.store16(16, 0))).toBe("not writable");
    expect(refused(() => words.copyIn(12, new Uint8Array(32), 0, 32))).toBe("not writable");
    expect(refused(() => words.get32(32))).toBe("not readable");
    expect(refused(() => words.copyOut(31, new Uint8Array(2), 0, 2))).toBe("not readable");
    expect(words.get32(16)).toBe(0);
    words.set32(32, 1);
    words.protect(32, 4, "read-write");
    expect(words.get32(32)).toBe(1);
  });

  test("let a violation happen, and list it, where they are told not to throw", () => {
    const words = guardedWords(mapped(), { throws: false });
    words.protect(0, 4, "read");
    words.set32(0, 7);
    expect(words.get32(0)).toBe(7);
    expect(words.violations).toEqual([
      {
        access: { action: "write", offset: 0, length: 4, width: 4, atomic: false },
        rule: "not writable",
      },
    ]);
  });

  test("stop recording when the operation throws", () => {
    const words = guardedWords(mapped());
    expect(() =>
      words.record(() => {
        throw new Error("from the operation");
      }),
    ).toThrow("from the operation");
    words.get32(0);
    expect(words.record(() => words.get32(0)).accesses).toHaveLength(1);
  });
});

/** Reads of one cell that is refilled from its second read on, and of its neighbour. */
function refilledReads(seed: number): number[] {
  const words = changingWords(mapped());
  words.set32(8, 7);
  words.set32(12, 9);
  words.change = refilled({ random: seededRandom(seed), offset: 8, length: 4, after: 1 });
  return [words.get32(8), words.get32(8), words.get32(8), words.get32(12), words.get32(12)];
}

describe("changing words", () => {
  test("follow a script, read by read, and keep its last value", () => {
    const words = mapped();
    const changing = changingWords(words, scripted({ 4: [1, 2, 3], 8: [0xffff] }));
    expect([changing.get32(4), changing.get32(4), changing.get32(4), changing.get32(4)]).toEqual([
      1, 2, 3, 3,
    ]);
    expect(changing.load16(8)).toBe(0xffff);
    expect(changing.get32(0)).toBe(0);
    // A copy reads byte by byte.
    changing.change = scripted({ 17: [5] });
    expect([...changing.view(16, 3)]).toEqual([0, 5, 0]);
    expect(words.get32(4)).toBe(3);
  });

  test("refill from a given read on, within a range, by a seed", () => {
    const [first, second, third, ...outside] = refilledReads(1);
    expect(first).toBe(7);
    expect(second).not.toBe(7);
    expect(third).not.toBe(second);
    expect(outside).toEqual([9, 9]);
    expect(refilledReads(1)).toEqual(refilledReads(1));
    expect(refilledReads(2)).not.toEqual(refilledReads(1));
  });

  test("hold still when told to, and count anew", () => {
    const words = changingWords(mapped(), scripted({ 0: [1, 2] }));
    expect(words.get32(0)).toBe(1);
    words.change = undefined;
    words.set32(0, 5);
    expect(words.get32(0)).toBe(5);
    words.change = scripted({ 0: [1, 2] });
    expect(words.get32(0)).toBe(1);
  });
});

describe("cached words", () => {
  test("show a write to the other side after flush here and invalidate there, no sooner", () => {
    const words = mapped();
    const [here, there] = [cachedWords(words), cachedWords(words)];
    there.get8(0);
    here.store16(0, 0x1234);
    there.invalidate(0, 2);
    expect(there.load16(0)).toBe(0);
    here.flush(0, 2);
    expect(there.load16(0)).toBe(0);
    there.invalidate(0, 2);
    expect(there.load16(0)).toBe(0x1234);
  });

  test("fetch whole lines, so that a neighbour is stale too", () => {
    const words = mapped();
    const cached = cachedWords(words);
    cached.get8(CACHE_LINE);
    words.set8(CACHE_LINE - 1, 1);
    words.set8(2 * CACHE_LINE - 1, 1);
    expect(cached.get8(CACHE_LINE - 1)).toBe(1);
    expect(cached.get8(2 * CACHE_LINE - 1)).toBe(0);
  });

  test("lose on invalidate what was not flushed", () => {
    const cached = cachedWords(mapped());
    cached.set32(0, 9);
    cached.invalidate(0, 4);
    expect(cached.get32(0)).toBe(0);
  });
});
