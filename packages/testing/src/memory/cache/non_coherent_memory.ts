import type { SharedWords } from "@openamp/libmetal";

import { TestingError } from "../../error.ts";
import type { SeededRandom } from "../../random/seeded_random.ts";
import { type ByteAccess, byteWords } from "./byte_words.ts";
import { Cache } from "./cache.ts";
import { type CacheFault, describeCacheFault } from "./cache_fault.ts";
import { CacheFaults } from "./cache_faults.ts";
import { WriteLog } from "./write_log.ts";

/** Bytes of a cache line by default, as on a Cortex-R5, a Cortex-A9 and a Cortex-M7. */
export const CACHE_LINE = 32;

/** How often a restless cache does something by itself. */
const UNREST = 0.2;

/** How the caches over a {@linkcode NonCoherentMemory} behave. */
export interface CacheModelOptions {
  /** Bytes of a line: a power of two, 4 to 4096. Default 32; 64 is that of a Cortex-A53. */
  readonly lineSize?: number;
  /**
   * Makes the caches restless: before any call they may evict a line, written back where it is dirty,
   * or fetch one that nobody asked for. Default: they do nothing by themselves.
   */
  readonly random?: SeededRandom;
  /** How probable that is, 0 to 1, where there is `random`. Default 0.2. */
  readonly unrest?: number;
}

/** Words of one side, through a cache of its own. */
export interface CachedWords extends SharedWords {
  /** Bytes that were written here and are not in memory yet. */
  readonly unflushed: number;
  /**
   * Writes the dirty lines of a range back and drops them all, as a cache may at any time.
   *
   * @param offset Bytes from the start. Default 0.
   * @param length Bytes. Default: all.
   */
  evict(offset?: number, length?: number): void;
  /**
   * Fetches the lines of a range, as a cache may at any time.
   *
   * @param offset Bytes from the start.
   * @param length Bytes.
   */
  prefetch(offset: number, length: number): void;
}

/** A memory behind caches that nothing keeps in step. */
export interface NonCoherentMemory {
  /** Each write that was not seen, or is lost, in the order in which that showed. */
  readonly faults: readonly CacheFault[];
  /** The memory itself: what a device sees that has no cache, and a test that looks. */
  readonly uncached: SharedWords;
  /**
   * Adds a side with a cache of its own, empty.
   *
   * @param name Its name, for faults.
   */
  side(name: string): CachedWords;
  /**
   * Asks whether all went well.
   *
   * @throws {TestingError} `INCOHERENT`, with the faults, where a write was not seen or is lost.
   */
  check(): void;
}

/**
 * Puts a cache before a memory for each side that uses it, as between processors whose caches do not
 * snoop one another: the A53 and the R5 of a Zynq UltraScale+, the A7 and the M4 of an STM32MP1.
 *
 * The caches are as those are:
 *
 * - A read fills a whole line and is served from there until the line is dropped, so that a line that
 *   was read once hides what others write. That includes `load`: an atomic load, and an exclusive
 *   one, act on the cache.
 * - A write fills its line, changes it there and makes it dirty. That includes `store`: it orders,
 *   and it does not publish.
 * - `flush` writes the dirty lines of the range to memory, **whole**, and keeps them, clean. Where
 *   others have written into the same line, theirs is overwritten.
 * - `invalidate` drops the lines of the range. What was written in them and not flushed is lost: also
 *   beside the range, in its first and last line.
 * - At any time a cache may evict a line, which writes it back where it is dirty, and it may fetch
 *   one. Code must be right whatever it does: make the caches restless with `random`, or let a test
 *   call `evict` and `prefetch`.
 *
 * What goes wrong is listed in `faults`, with what is missing and by whom. Bytes count, not values: a
 * stale byte that happens to be equal is a fault too.
 *
 * | fault | what was done | what is missing |
 * | --- | --- | --- |
 * | `stale read` | a read of bytes that another has written anew | `invalidate` by the reader, or `flush` by the writer where the bytes are still in its cache |
 * | `dropped write` | `invalidate` of a line with bytes that were not flushed | `flush` before it |
 * | `overwritten write` | a dirty line was written back over newer bytes | `invalidate` before it was written, `flush` before others were to write, or a `line of its own` |
 *
 * @param words The bytes. Who goes past the sides is not known of.
 * @param options How the caches behave.
 * @returns The memory; take a side from it for each processor.
 * @throws {TestingError} `INVALID_ARGUMENT` for a line size that no cache has.
 *
 * @example
 * ```ts
 * import { bufferMemory } from "@openamp/libmetal";
 * import { nonCoherentMemory } from "@openamp/testing";
 *
 * const { words } = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(64) });
 * const memory = nonCoherentMemory(words, { lineSize: 32 });
 * const host = memory.side("host");
 * const remote = memory.side("remote");
 *
 * remote.get32(4); // fills the line
 * host.set32(4, 7);
 * host.flush(4, 4);
 * if (remote.get32(4) !== 0) throw new Error("Still the line that was read before");
 * const [fault] = memory.faults;
 * if (fault?.fault !== "stale read" || fault.missing !== "invalidate" || fault.by !== "remote") {
 *   throw new Error("The remote has to invalidate before it reads");
 * }
 * remote.invalidate(4, 4);
 * if (remote.get32(4) !== 7) throw new Error("Now what the host flushed");
 * ```
 */
export function nonCoherentMemory(
  words: SharedWords,
  options: CacheModelOptions = {},
): NonCoherentMemory {
  const { lineSize = CACHE_LINE, random, unrest = UNREST } = options;
  if (!Number.isInteger(Math.log2(lineSize)) || lineSize < 4 || lineSize > 4096) {
    throw new TestingError(
      "INVALID_ARGUMENT",
      `Put a cache before a memory: a line of ${lineSize} bytes is no power of two from 4 to 4096`,
    );
  }
  const { byteLength } = words;
  const log = new WriteLog(words);
  const faults = new CacheFaults();

  function inside(offset: number, length: number): void {
    // Written so that NaN and fractions fail too.
    if (Number.isInteger(offset) && offset >= 0 && length >= 0 && offset + length <= byteLength) {
      return;
    }
    throw new TestingError(
      "ACCESS",
      `Use ${length} bytes at offset ${offset} of a memory of ${byteLength} bytes: they lie outside`,
    );
  }

  function checked(access: ByteAccess): SharedWords {
    return byteWords({
      ...access,
      read(offset, length, target, targetOffset) {
        inside(offset, length);
        access.read(offset, length, target, targetOffset);
      },
      write(offset, source, sourceOffset, length) {
        inside(offset, length);
        access.write(offset, source, sourceOffset, length);
      },
    });
  }

  return {
    faults: faults.list,
    uncached: checked(uncached(log, faults)),
    side(name) {
      const cache = new Cache(name, log, faults, { lineSize, random, unrest });
      return {
        ...checked({
          byteLength,
          lineSize,
          read: (...range) => cache.read(...range),
          write: (...range) => cache.write(...range),
          flush: (offset, length) => cache.flush(offset, length),
          invalidate: (offset, length) => cache.invalidate(offset, length),
        }),
        get unflushed() {
          return cache.unflushed;
        },
        evict: (offset = 0, length = byteLength - offset) => cache.evict(offset, length),
        prefetch: (offset, length) => cache.prefetch(offset, length),
      };
    },
    check() {
      if (faults.list.length === 0) return;
      const shown = faults.list.slice(0, 5).map(describeCacheFault);
      const rest = faults.list.length - shown.length;
      if (rest > 0) shown.push(`and ${rest} more`);
      throw new TestingError(
        "INCOHERENT",
        `Use a memory that is not coherent: ${shown.join("; ")}`,
      );
    },
  };
}

/** The memory itself. */
function uncached(log: WriteLog, faults: CacheFaults): ByteAccess {
  const name = "no cache";
  const self = log.addWriter(name);
  const { words, stored, newest } = log;
  return {
    byteLength: words.byteLength,
    lineSize: 1,
    read(offset, length, target, targetOffset) {
      faults.begin();
      for (let at = offset; at < offset + length; at++) {
        if (stored[at] === newest[at]) continue;
        const writer = log.writerOf(at);
        faults.report({
          fault: "stale read",
          side: name,
          writer,
          offset: at,
          length: 1,
          missing: "flush",
          by: writer,
        });
      }
      words.copyOut(offset, target, targetOffset, length);
    },
    write(offset, source, sourceOffset, length) {
      words.copyIn(offset, source, sourceOffset, length);
      stored.fill(log.note(offset, length, self), offset, offset + length);
    },
    flush() {},
    invalidate() {},
  };
}
