import type { SharedWords } from "@openamp/libmetal";

import {
  type CachedWords,
  type CacheModelOptions,
  nonCoherentMemory,
} from "./cache/non_coherent_memory.ts";

/**
 * A processor's view of memory through a cache that nothing keeps coherent: one side of a
 * {@linkcode nonCoherentMemory} of its own. Give each side its own over the same bytes, and a flush
 * or invalidate that is missing shows as a message that never arrives.
 *
 * What goes wrong is not listed, since neither view knows of the other: take both sides of one
 * {@linkcode nonCoherentMemory} for that.
 *
 * @param memory The bytes that both sides share.
 * @param options How the cache behaves.
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
export function cachedWords(memory: SharedWords, options: CacheModelOptions = {}): CachedWords {
  return nonCoherentMemory(memory, options).side("cache");
}
