import type { SharedWords } from "@openamp/libmetal";

/** Bytes of a cache line of {@linkcode cachedWords}, as on a Cortex-R5 and a Cortex-A9. */
export const CACHE_LINE = 32;

/**
 * A processor's view of memory through a write-back cache that nothing keeps coherent: writes stay
 * here until they are flushed, and what was read once is read again from here, its whole line with
 * it, until it is invalidated. Give each side its own over the same bytes, and a flush or invalidate
 * that is missing shows as a message that never arrives.
 *
 * It is kinder than hardware in one way: a line holds the written bytes of two sides apart.
 *
 * @param memory The bytes that both sides share.
 * @returns One side's view.
 *
 * @example
 * ```ts
 * import { bufferMemory } from "@openamp/libmetal";
 * import { cachedWords } from "@openamp/testing";
 *
 * const { words } = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(64) });
 * const writer = cachedWords(words);
 * const reader = cachedWords(words);
 * reader.get32(0);
 * writer.set32(4, 7);
 * writer.flush(4, 4);
 * if (reader.get32(4) !== 0) throw new Error("Still the line that was read before");
 * reader.invalidate(4, 4);
 * if (reader.get32(4) !== 7) throw new Error("Now what the writer flushed");
 * ```
 */
export function cachedWords(memory: SharedWords): SharedWords {
  const { byteLength } = memory;
  const cache = new Uint8Array(byteLength);
  const present = new Uint8Array(byteLength);
  const dirty = new Uint8Array(byteLength);

  function read(offset: number): number {
    if (present[offset] === 0) {
      const line = offset - (offset % CACHE_LINE);
      for (let at = line; at < Math.min(line + CACHE_LINE, byteLength); at++) {
        if (present[at] !== 0) continue;
        cache[at] = memory.get8(at);
        present[at] = 1;
      }
    }
    return cache[offset]!;
  }

  function write(offset: number, value: number): void {
    cache[offset] = value;
    present[offset] = 1;
    dirty[offset] = 1;
  }

  const get16 = (offset: number): number => read(offset) | (read(offset + 1) << 8);
  const set16 = (offset: number, value: number): void => {
    write(offset, value);
    write(offset + 1, value >>> 8);
  };
  const get32 = (offset: number): number => (get16(offset) | (get16(offset + 2) << 16)) >>> 0;
  const set32 = (offset: number, value: number): void => {
    set16(offset, value);
    set16(offset + 2, value >>> 16);
  };
  const get64 = (offset: number): bigint =>
    (BigInt(get32(offset + 4)) << 32n) | BigInt(get32(offset));
  const set64 = (offset: number, value: bigint): void => {
    set32(offset, Number(BigInt.asUintN(32, value)));
    set32(offset + 4, Number(BigInt.asUintN(32, value >> 32n)));
  };
  const copyOut: SharedWords["copyOut"] = (offset, target, targetOffset, length) => {
    for (let at = 0; at < length; at++) target[targetOffset + at] = read(offset + at);
  };

  return {
    byteLength,
    get8: read,
    get16,
    get32,
    get64,
    set8: write,
    set16,
    set32,
    set64,
    load8: read,
    load16: get16,
    load32: get32,
    load64: get64,
    store8: write,
    store16: set16,
    store32: set32,
    store64: set64,
    copyIn(offset, source, sourceOffset, length) {
      for (let at = 0; at < length; at++) write(offset + at, source[sourceOffset + at]!);
    },
    copyOut,
    fill(offset, value, length) {
      for (let at = offset; at < offset + length; at++) write(at, value);
    },
    view(offset, length) {
      const copy = new Uint8Array(length);
      copyOut(offset, copy, 0, length);
      return copy;
    },
    flush(offset, length) {
      for (let at = offset; at < offset + length; at++) {
        if (dirty[at] === 0) continue;
        memory.set8(at, cache[at]!);
        dirty[at] = 0;
      }
    },
    invalidate(offset, length) {
      // What was written and not flushed is lost, as on hardware.
      present.fill(0, offset, offset + length);
      dirty.fill(0, offset, offset + length);
    },
  };
}
