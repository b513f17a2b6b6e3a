import {
  bufferMemory,
  type DeviceAccess,
  dmaContext,
  memoryOver,
  scatterList,
  type ScatterList,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

import type { CacheFault } from "../memory/cache/cache_fault.ts";
import { nonCoherentMemory, type NonCoherentMemory } from "../memory/cache/non_coherent_memory.ts";
import { type SeededRandom, seededRandom } from "../random/seeded_random.ts";

const LINE = 32;
const LINES = 32;
const SIZE = LINE * LINES;

/** How bytes are handed to a device, and taken back: a rule that is tried. */
type Rule = (list: ScatterList, access: DeviceAccess) => () => void;

const ours: Rule = (list, access) => {
  const mapping = dmaContext({ name: "device" }).map(list, access);
  return () => mapping.unmap();
};

/** What upstream's generic bus does: it flushes what the device writes, and always invalidates. */
const upstreams: Rule = ({ entries }, access) => {
  for (const { memory, offset, length } of entries) {
    if (access === "write") memory.flush(offset, length);
    memory.invalidate(offset, length);
  }
  return () => {
    for (const { memory, offset, length } of entries) memory.invalidate(offset, length);
  };
};

/** What a driver may forget: each rule lacks one call of ours. */
const forgetful: Readonly<Record<string, Rule>> = {
  "no flush": ({ entries }, access) => {
    return () => {
      if (access === "read") return;
      for (const { memory, offset, length } of entries) memory.invalidate(offset, length);
    };
  },
  "no invalidate": ({ entries }) => {
    for (const { memory, offset, length } of entries) memory.flush(offset, length);
    return () => undefined;
  },
};

interface Trial {
  /** What the device read and the processor read, and which of the bytes were wrong. */
  readonly wrong: readonly string[];
  readonly faults: readonly CacheFault[];
}

/**
 * A processor behind a cache and a device that sees memory itself exchange bytes, again and again:
 * the processor writes, the device reads, writes some of them, and the processor reads, while it
 * uses the lines beside them and the cache does what it likes.
 */
function trial(
  rule: Rule,
  access: DeviceAccess,
  rounds: number,
  random: SeededRandom,
  restless: boolean,
): Trial {
  const { words } = bufferMemory({
    name: "ddr",
    physicalAddress: 0,
    buffer: new ArrayBuffer(SIZE),
  });
  const shared: NonCoherentMemory = nonCoherentMemory(words, {
    lineSize: LINE,
    ...(restless ? { random } : {}),
  });
  const memory = memoryOver("ddr", 0, "normal", shared.side("processor"));
  const device = shared.uncached;
  const truth = new Uint8Array(SIZE);
  const wrong: string[] = [];

  function processorWrites(offset: number, length: number): void {
    const bytes = random.fillBytes(new Uint8Array(length));
    memory.words.copyIn(offset, bytes, 0, length);
    truth.set(bytes, offset);
  }

  for (let round = 0; round < rounds; round++) {
    const lines = random.shuffle(Array.from({ length: LINES }, (_, line) => line));
    const given = lines.slice(0, random.between(1, 8));
    const beside = lines.slice(given.length);
    // Whole lines, or a part of one where the device only reads.
    const entries = given.map((line) => {
      const start = access === "read" ? random.below(LINE - 1) : 0;
      const length = access === "read" ? random.between(1, LINE - start) : LINE;
      return { memory, offset: line * LINE + start, length };
    });
    for (const { offset, length } of entries)
      if (random.chance(0.8)) processorWrites(offset, length);
    const list = scatterList(entries);
    const takeBack = rule(list, access);
    for (const line of beside) if (random.chance(0.2)) processorWrites(line * LINE, LINE);
    for (const { offset, length } of entries) {
      const seen = new Uint8Array(length);
      if (access !== "write") {
        device.copyOut(offset, seen, 0, length);
        if (seen.some((byte, at) => byte !== truth[offset + at])) wrong.push(`device at ${offset}`);
      }
      if (access === "read" || random.chance(0.3)) continue;
      // A device may write less than it was given: a short frame.
      const bytes = random.fillBytes(new Uint8Array(random.between(1, length)));
      device.copyIn(offset, bytes, 0, bytes.length);
      truth.set(bytes, offset);
    }
    for (const line of beside) if (random.chance(0.2)) processorWrites(line * LINE, LINE);
    takeBack();
    const read = new Uint8Array(list.length);
    list.readBlock(0, read);
    let at = 0;
    for (const { offset, length } of list.entries) {
      const expected = truth.subarray(offset, offset + length);
      const actual = read.subarray(at, at + length);
      if (actual.some((byte, index) => byte !== expected[index]))
        wrong.push(`processor at ${offset}`);
      at += length;
    }
  }
  const all = new Uint8Array(SIZE);
  memory.words.copyOut(0, all, 0, SIZE);
  if (all.some((byte, at) => byte !== truth[at])) wrong.push("what lies beside");
  return { wrong, faults: [...shared.faults] };
}

const ACCESSES: readonly DeviceAccess[] = ["read", "write", "read-write"];
const CASES = ACCESSES.flatMap((access) =>
  [false, true].map((restless) => [access, restless ? "restless" : "calm", restless] as const),
);

describe("DMA over a cache that nothing keeps coherent", () => {
  test.each(CASES)(
    "a device that does %s, %s: both see exactly the right bytes",
    (access, _, restless) => {
      for (let seed = 1; seed <= 20; seed++) {
        const { wrong, faults } = trial(ours, access, 20, seededRandom(seed), restless);
        expect({ seed, wrong, faults }).toEqual({ seed, wrong: [], faults: [] });
      }
    },
  );

  test.each(["read", "read-write"] as const)(
    "by upstream's rule, a device that does %s reads what memory had before",
    (access) => {
      const { wrong, faults } = trial(upstreams, access, 20, seededRandom(1), false);
      expect(wrong.some((where) => where.startsWith("device"))).toBe(true);
      expect(faults.some(({ fault }) => fault === "dropped write")).toBe(true);
    },
  );

  test("by upstream's rule, one that only writes is served right", () => {
    const { wrong, faults } = trial(upstreams, "write", 20, seededRandom(1), true);
    expect([wrong, faults]).toEqual([[], []]);
  });

  test.each([
    ["no flush", "read"],
    ["no flush", "write"],
    ["no flush", "read-write"],
    ["no invalidate", "write"],
    ["no invalidate", "read-write"],
  ] as const)("with %s, a device that does %s shows it", (rule, access) => {
    const { wrong, faults } = trial(forgetful[rule] ?? ours, access, 20, seededRandom(1), true);
    expect(wrong.length).toBeGreaterThan(0);
    expect(faults.length).toBeGreaterThan(0);
  });
});

describe("upstream's test of caches", () => {
  test("test-all: what was written is there after flush and invalidate of all", () => {
    const { words } = bufferMemory({
      name: "m",
      physicalAddress: 0,
      buffer: new ArrayBuffer(SIZE),
    });
    const shared = nonCoherentMemory(words, { lineSize: LINE });
    const memory = memoryOver("m", 0, "normal", shared.side("processor"));
    const bytes = seededRandom(1).fillBytes(new Uint8Array(SIZE));
    memory.words.copyIn(0, bytes, 0, SIZE);
    memory.flush(0, memory.size);
    memory.invalidate(0, memory.size);
    const read = new Uint8Array(SIZE);
    memory.words.copyOut(0, read, 0, SIZE);
    expect(read).toEqual(bytes);
    shared.check();
  });
});
