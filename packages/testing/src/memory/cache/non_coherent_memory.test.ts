import { bufferMemory, type SharedWords } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

import { seededRandom } from "../../random/seeded_random.ts";
import {
  type CacheModelOptions,
  type CachedWords,
  type NonCoherentMemory,
  nonCoherentMemory,
} from "./non_coherent_memory.ts";

const SIZE = 512;

interface Bench extends NonCoherentMemory {
  readonly raw: SharedWords;
  readonly host: CachedWords;
  readonly remote: CachedWords;
}

function bench(options: CacheModelOptions = {}): Bench {
  const buffer = new ArrayBuffer(SIZE);
  const { words: raw } = bufferMemory({ name: "shm", physicalAddress: 0, buffer });
  const memory = nonCoherentMemory(raw, options);
  return { ...memory, raw, host: memory.side("host"), remote: memory.side("remote") };
}

describe.each([32, 64])("lines of %i", (line) => {
  const lineSize = line;

  test("a read fills its line, which hides what others write until it is dropped", () => {
    const { host, remote, faults } = bench({ lineSize });
    expect(remote.get8(line)).toBe(0);
    host.set8(line - 1, 1);
    host.set8(2 * line - 1, 2);
    host.flush(0, 2 * line);
    // The line before was not filled.
    expect(remote.get8(line - 1)).toBe(1);
    expect(faults).toEqual([]);
    expect(remote.get8(2 * line - 1)).toBe(0);
    remote.invalidate(line, 1);
    expect(remote.get8(2 * line - 1)).toBe(2);
    expect(faults).toEqual([
      {
        fault: "stale read",
        side: "remote",
        writer: "host",
        offset: 2 * line - 1,
        length: 1,
        missing: "invalidate",
        by: "remote",
      },
    ]);
  });

  test("a write stays in the cache until it is flushed, and then all of its line goes", () => {
    const { host, remote, uncached, faults } = bench({ lineSize });
    host.store32(4, 0x12345678);
    host.set8(line - 1, 9);
    expect(host.unflushed).toBe(5);
    expect(host.load32(4)).toBe(0x12345678);
    expect([remote.get32(4), uncached.get32(4)]).toEqual([0, 0]);
    host.flush(line - 1, 1);
    expect(host.unflushed).toBe(0);
    expect(uncached.get32(4)).toBe(0x12345678);
    remote.invalidate(0, 1);
    expect([remote.get32(4), remote.get8(line - 1)]).toEqual([0x12345678, 9]);
    // What was flushed is still here: it is clean now, and stays right when it is dropped.
    host.invalidate(0, line);
    expect(host.get32(4)).toBe(0x12345678);
    const missing = { writer: "host", offset: 4, length: 4, missing: "flush", by: "host" };
    expect(faults).toEqual([
      { fault: "stale read", side: "remote", ...missing },
      { fault: "stale read", side: "no cache", ...missing },
    ]);
  });

  test("a flush of what is clean writes nothing", () => {
    const { host, uncached, faults } = bench({ lineSize });
    host.get32(0);
    uncached.set32(0, 7);
    host.flush(0, line);
    expect(uncached.get32(0)).toBe(7);
    expect(faults).toEqual([]);
  });

  test("invalidate loses what was not flushed, beside its range too", () => {
    const { host, faults } = bench({ lineSize });
    host.set16(8, 0xffff);
    host.set8(line - 1, 1);
    host.set8(line, 1);
    host.invalidate(0, 4);
    expect([host.get16(8), host.get8(line - 1), host.get8(line)]).toEqual([0, 0, 1]);
    const dropped = { fault: "dropped write", side: "host", writer: "host", by: "host" };
    expect(faults).toEqual([
      { ...dropped, offset: 8, length: 2, missing: "flush" },
      { ...dropped, offset: line - 1, length: 1, missing: "flush" },
    ]);
  });

  test("two that write into one line destroy each other's bytes", () => {
    const { host, remote, uncached, faults } = bench({ lineSize });
    host.set32(0, 1);
    remote.set32(4, 2);
    host.flush(0, 4);
    remote.flush(4, 4);
    expect([uncached.get32(0), uncached.get32(4)]).toEqual([0, 2]);
    expect(faults).toEqual([
      {
        fault: "overwritten write",
        side: "remote",
        writer: "host",
        offset: 0,
        length: 4,
        missing: "line of its own",
        by: "remote",
      },
    ]);
  });

  test("a write into a line that is stale takes the stale bytes along", () => {
    const { host, remote, uncached, faults } = bench({ lineSize });
    remote.get32(0);
    host.set32(0, 1);
    host.flush(0, 4);
    remote.set32(4, 2);
    remote.flush(4, 4);
    expect([uncached.get32(0), uncached.get32(4)]).toEqual([0, 2]);
    expect(faults.map(({ fault, missing, by }) => [fault, missing, by])).toEqual([
      ["overwritten write", "invalidate", "remote"],
    ]);
  });

  test("a dirty line that was given away goes over what the other side wrote there", () => {
    const { host, remote, faults } = bench({ lineSize });
    host.set32(0, 1);
    remote.set32(0, 2);
    remote.flush(0, 4);
    host.evict();
    remote.invalidate(0, 4);
    expect(remote.get32(0)).toBe(1);
    expect(faults.map(({ fault, missing, by }) => [fault, missing, by])).toEqual([
      ["overwritten write", "flush", "host"],
    ]);
  });

  test("evictions and prefetches are nothing to who flushes and invalidates", () => {
    const memory = bench({ lineSize });
    const { host, remote, faults } = memory;
    remote.prefetch(0, SIZE);
    host.set32(line - 4, 1);
    host.evict(0, line);
    expect(host.unflushed).toBe(0);
    host.flush(line - 4, 4);
    remote.invalidate(line - 4, 4);
    remote.prefetch(0, 1);
    expect(remote.get32(line - 4)).toBe(1);
    expect(faults).toEqual([]);
    expect(() => memory.check()).not.toThrow();
  });
});

test("what is at fault is thrown at the end, a few in words, the others as a number", () => {
  const memory = bench();
  const { host, remote } = memory;
  for (let at = 0; at < 7 * 32; at += 32) {
    remote.get32(at);
    host.set32(at, 1);
    remote.get32(at);
  }
  expect(() => memory.check()).toThrow(
    expect.objectContaining({
      code: "INCOHERENT",
      message: expect.stringMatching(
        /^Use a memory that is not coherent: remote read 4 bytes at offset 0 as they were before host wrote them; missing: flush by host; .*; and 2 more$/,
      ),
    }),
  );
});

test("the last line of a memory may be cut", () => {
  const buffer = new ArrayBuffer(40);
  const { words } = bufferMemory({ name: "shm", physicalAddress: 0, buffer });
  const side = nonCoherentMemory(words, { lineSize: 32 }).side("host");
  side.set32(36, 5);
  side.flush(0, 40);
  expect(words.get32(36)).toBe(5);
});

test("an access outside is refused", () => {
  const { host, uncached } = bench();
  const outside = expect.objectContaining({ code: "ACCESS" });
  for (const words of [host, uncached]) {
    expect(() => words.get32(SIZE)).toThrow(outside);
    expect(() => words.set8(-1, 0)).toThrow(outside);
    expect(() => words.view(SIZE - 4, 8)).toThrow(outside);
    expect(() => words.get8(Number.NaN)).toThrow(outside);
    expect(() => words.fill(0.5, 0, 1)).toThrow(outside);
  }
});

test.each([0, 2, 48, 8192, Number.NaN])("a line of %i bytes is refused", (lineSize) => {
  expect(() => bench({ lineSize })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

/** Numbers there and back, each in lines of its own, by the rules or without one of the flushes. */
function exchange(seed: number, careful: boolean): NonCoherentMemory {
  const memory = bench({ random: seededRandom(seed) });
  const { host, remote } = memory;
  for (let round = 1; round <= 200; round++) {
    host.set32(0, round);
    host.set32(96, round);
    host.flush(0, 4);
    if (careful) host.flush(96, 4);
    remote.invalidate(0, 4);
    remote.invalidate(96, 4);
    remote.set32(256, remote.get32(0) + remote.get32(96));
    remote.flush(256, 4);
    host.invalidate(256, 4);
    host.get32(256);
  }
  return memory;
}

describe("restless caches", () => {
  test("whatever they do by themselves, the rules suffice", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { faults, uncached } = exchange(seed, true);
      expect([faults, uncached.get32(256)]).toEqual([[], 400]);
    }
  });

  test("they do it, and by the seed: what a forgotten flush costs comes again", () => {
    const counts = [1, 2, 3].map((seed) => exchange(seed, false).faults.length);
    // Some were written back in time, by chance; without chance none would be.
    for (const count of counts) expect(count > 0 && count < 200).toBe(true);
    expect([1, 2, 3].map((seed) => exchange(seed, false).faults.length)).toEqual(counts);
    expect(new Set(counts).size).toBeGreaterThan(1);
  });
});
