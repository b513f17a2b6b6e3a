import type { SharedWords } from "@openamp/libmetal";

import { TestingError } from "../error.ts";
import { observedWords } from "./observed_words.ts";
import type { WordAccess } from "./observed_words.ts";

/** What may be done with a range. */
export type Rights = "none" | "read" | "write" | "read-write";

/** An access that broke a rule. */
export interface Violation {
  /** The access. */
  readonly access: WordAccess;
  /** The rule. */
  readonly rule: "outside" | "misaligned" | "not readable" | "not writable";
}

/** What an operation did to guarded words. */
export interface Recording {
  /** Every access, in order. */
  readonly accesses: readonly WordAccess[];
  /**
   * The reads of bytes that the operation had read before: each is a double fetch, between whose
   * two moments the peer may have changed the value (T11).
   */
  readonly repeatedReads: readonly WordAccess[];
}

/** Words that know who may touch what, and tell what an operation touched. */
export interface GuardedWords extends SharedWords {
  /** Every access that broke a rule, in order. */
  readonly violations: readonly Violation[];
  /**
   * Says what may be done with a range from now on, as `mprotect` does.
   *
   * @param offset Bytes from the start.
   * @param length Bytes.
   * @param rights What may be done.
   */
  protect(offset: number, length: number, rights: Rights): void;
  /**
   * Runs an operation and tells what it did. Recordings do not nest.
   *
   * @param operation What to run; what it throws comes out.
   * @returns Its accesses.
   */
  record(operation: () => void): Recording;
}

/** How guarded words behave. */
export interface GuardedWordsOptions {
  /** Whether an access that breaks a rule throws; else it is listed and happens. Default true. */
  readonly throws?: boolean;
  /** Called with each violation. Default: nobody is. */
  readonly onViolation?: (violation: Violation) => void;
}

const READABLE = 1;
const WRITABLE = 2;
const BITS: Readonly<Record<Rights, number>> = {
  none: 0,
  read: READABLE,
  write: WRITABLE,
  "read-write": READABLE | WRITABLE,
};

/**
 * Puts a guard on words. At first, all may be read and written.
 *
 * It finds what typed arrays hide: an access outside (which reads as nothing), one that is not
 * aligned (which goes to another word), a write where only reading is granted (T02, T12, T17), and
 * a field that is read twice (T11).
 *
 * @param words The bytes.
 * @param options Whether a violation throws.
 * @returns The guarded words; make a memory of them with `memoryOver` of `@openamp/libmetal`.
 *
 * @example
 * ```ts
 * import { bufferMemory, memoryOver } from "@openamp/libmetal";
 * import { guardedWords } from "@openamp/testing";
 *
 * const shm = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(64) });
 * const words = guardedWords(shm.words, { throws: false });
 * const memory = memoryOver("shm", 0, "normal", words);
 * words.protect(0, 16, "read");
 * memory.write32(12, 1);
 * if (words.violations[0]?.rule !== "not writable") throw new Error("The write was seen");
 *
 * const { repeatedReads } = words.record(() => {
 *   if (memory.read32(16) > 0) memory.read32(16);
 *   memory.read16(18);
 * });
 * if (repeatedReads.length !== 1) throw new Error("Offset 18 was read twice");
 * ```
 */
export function guardedWords(words: SharedWords, options: GuardedWordsOptions = {}): GuardedWords {
  const throws = options.throws ?? true;
  const granted = new Uint8Array(words.byteLength).fill(READABLE | WRITABLE);
  const violations: Violation[] = [];
  let recording: WordAccess[] | undefined;

  function brokenRule(access: WordAccess): Violation["rule"] | undefined {
    const { action, offset, length, width } = access;
    // Written so that NaN and fractions fail too.
    const inside = Number.isInteger(offset) && offset >= 0 && offset + length <= words.byteLength;
    if (!inside) return "outside";
    if (offset % width !== 0) return "misaligned";
    if (action === "flush" || action === "invalidate") return undefined;
    const right = action === "read" ? READABLE : WRITABLE;
    for (let at = offset; at < offset + length; at++) {
      if ((granted[at]! & right) === 0) return action === "read" ? "not readable" : "not writable";
    }
    return undefined;
  }

  function observe(access: WordAccess): void {
    recording?.push(access);
    const rule = brokenRule(access);
    if (rule === undefined) return;
    violations.push({ access, rule });
    options.onViolation?.({ access, rule });
    if (throws) {
      const { action, offset, length } = access;
      throw new TestingError(
        "ACCESS",
        `${action} of ${length} bytes at offset ${offset} of ${words.byteLength}: ${rule}`,
      );
    }
  }

  return {
    ...observedWords(words, observe),
    violations,
    protect(offset, length, rights) {
      granted.fill(BITS[rights], offset, offset + length);
    },
    record(operation) {
      const accesses: WordAccess[] = [];
      recording = accesses;
      try {
        operation();
      } finally {
        recording = undefined;
      }
      return { accesses, repeatedReads: repeatedReads(accesses) };
    },
  };
}

/**
 * Picks the reads of a range out of a recording.
 *
 * @param accesses The recording.
 * @param range The range: a part of a ring, say.
 * @returns The reads that start inside.
 */
export function readsWithin(
  accesses: readonly WordAccess[],
  range: { readonly offset: number; readonly byteLength: number },
): WordAccess[] {
  const end = range.offset + range.byteLength;
  return accesses.filter(
    ({ action, offset }) => action === "read" && offset >= range.offset && offset < end,
  );
}

function repeatedReads(accesses: readonly WordAccess[]): WordAccess[] {
  const read = new Set<number>();
  return accesses.filter(({ action, offset, length }) => {
    if (action !== "read") return false;
    const before = read.size;
    for (let at = offset; at < offset + length; at++) read.add(at);
    return read.size < before + length;
  });
}
