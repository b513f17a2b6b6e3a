import type { SharedWords } from "@openamp/libmetal";

import { observedWords } from "../observed_words.ts";

/** A call of `flush` or `invalidate`. */
export interface MaintenanceCall {
  /** Which of both. */
  readonly action: "flush" | "invalidate";
  /** Bytes from the start. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/**
 * Words that leave out some of the flushes and invalidates that are asked of them: for tests which
 * show that each is needed.
 *
 * @param words The words, with a cache.
 * @param forgets Hears of each call before it is made, and says whether it is left out.
 * @returns Words over the same bytes.
 *
 * @example
 * ```ts
 * import { bufferMemory } from "@openamp/libmetal";
 * import { forgetfulWords, nonCoherentMemory } from "@openamp/testing";
 *
 * const { words } = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(64) });
 * const memory = nonCoherentMemory(words);
 * const host = forgetfulWords(memory.side("host"), ({ action }) => action === "flush");
 * host.set32(0, 1);
 * host.flush(0, 4);
 * memory.side("remote").get32(0);
 * if (memory.faults[0]?.missing !== "flush") throw new Error("It was left out");
 * ```
 */
export function forgetfulWords(
  words: SharedWords,
  forgets: (call: MaintenanceCall) => boolean,
): SharedWords {
  return {
    ...observedWords(words, () => undefined),
    flush(offset, length) {
      if (!forgets({ action: "flush", offset, length })) words.flush(offset, length);
    },
    invalidate(offset, length) {
      if (!forgets({ action: "invalidate", offset, length })) words.invalidate(offset, length);
    },
  };
}
