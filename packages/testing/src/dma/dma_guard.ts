import { type DmaObserver, type Memory, memoryOver } from "@openamp/libmetal";

import {
  type GuardedWords,
  guardedWords,
  type GuardedWordsOptions,
} from "../memory/guarded_words.ts";

/** Memory that knows which of its bytes a device has. */
export interface DmaGuard {
  /** The memory as the processor sees it: map and use this one. */
  readonly memory: Memory;
  /** Its words, with the list of what broke the rule. */
  readonly words: GuardedWords;
  /** Tells it of mappings: the `observer` of a `dmaContext`. */
  readonly observer: DmaObserver;
}

/**
 * Puts a guard on memory that is mapped for devices: while a device has bytes, the processor must
 * not write them, and must not read what the device may write. In the kernel: `dma-debug`.
 *
 * @param memory The memory.
 * @param options Whether an access against the rule throws.
 * @returns The guarded memory.
 *
 * @example
 * ```ts
 * import { bufferMemory, dmaContext, scatterList } from "@openamp/libmetal";
 * import { dmaGuard } from "@openamp/testing";
 *
 * const ddr = bufferMemory({ name: "ddr", physicalAddress: 0, buffer: new ArrayBuffer(4096) });
 * const { memory, words, observer } = dmaGuard(ddr, { throws: false });
 * const dma = dmaContext({ name: "eth0", observer });
 * const frame = dma.map(scatterList([{ memory, length: 64 }]), "write");
 * memory.read8(0);
 * if (words.violations[0]?.rule !== "not readable") throw new Error("The device has it");
 * frame.unmap();
 * memory.read8(0);
 * if (words.violations.length > 1) throw new Error("It was taken back");
 * ```
 */
export function dmaGuard(memory: Memory, options: GuardedWordsOptions = {}): DmaGuard {
  const words = guardedWords(memory.words, options);
  const guarded = memoryOver(memory.name, memory.physicalAddress, memory.kind, words);
  /** How many devices read, and write, each byte. */
  const readers = new Uint8Array(memory.size);
  const writers = new Uint8Array(memory.size);

  function settle(offset: number, length: number): void {
    for (let at = offset; at < offset + length; at++) {
      const held = writers[at] !== 0 ? "none" : readers[at] !== 0 ? "read" : "read-write";
      words.protect(at, 1, held);
    }
  }

  return {
    memory: guarded,
    words,
    observer: {
      toDevice(of, offset, length, access) {
        if (of !== guarded) return;
        const held = access === "read" ? readers : writers;
        for (let at = offset; at < offset + length; at++) held[at]!++;
        settle(offset, length);
      },
      toCpu(of, offset, length, access) {
        if (of !== guarded) return;
        const held = access === "read" ? readers : writers;
        // What was synced for the processor before is given back once more by the unmapping.
        for (let at = offset; at < offset + length; at++) held[at] = Math.max(0, held[at]! - 1);
        settle(offset, length);
      },
    },
  };
}
