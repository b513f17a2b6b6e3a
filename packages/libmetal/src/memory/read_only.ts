import type { IoRegion } from "../io/io_region.ts";
import { ReadOnlyRegion } from "../io/read_only_region.ts";
import type { Memory, MemoryKind } from "./memory.ts";
import { readOnlyWords } from "./read_only_words.ts";
import type { SharedWords } from "./shared_words.ts";

/**
 * Gives a region to somebody who may only read it: every way to write, that of a memory's `words`
 * among them, is `READ_ONLY` and touches nothing.
 *
 * A memory gives away no array over its bytes: `words.view` copies, and there is no `mapping`. So
 * nothing that goes by it can end the process, where the bytes are mapped for reading only.
 *
 * @param region The region, or the memory.
 * @returns The same bytes, for reading.
 *
 * @example
 * ```ts
 * import { bufferMemory, MetalError, readOnly } from "@openamp/libmetal";
 *
 * const shm = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(64) });
 * const seen = readOnly(shm);
 * shm.write32(0, 7);
 * if (seen.read32(0) !== 7) throw new Error("The same bytes");
 * let code = "";
 * try {
 *   seen.words.store32(0, 8);
 * } catch (error) {
 *   if (error instanceof MetalError) code = error.code;
 * }
 * if (code !== "READ_ONLY") throw new Error("Refused");
 * ```
 */
export function readOnly(region: Memory): Memory;
export function readOnly(region: IoRegion): IoRegion;
export function readOnly(region: IoRegion | Memory): IoRegion {
  return "words" in region ? new ReadOnlyMemory(region) : new ReadOnlyRegion(region);
}

class ReadOnlyMemory extends ReadOnlyRegion implements Memory {
  readonly kind: MemoryKind;
  readonly words: SharedWords;
  readonly mapping: undefined = undefined;
  readonly #memory: Memory;

  constructor(memory: Memory) {
    super(memory);
    this.kind = memory.kind;
    this.words = readOnlyWords(memory.name, memory.words);
    this.#memory = memory;
  }

  flush(offset: number, length: number): void {
    this.#memory.flush(offset, length);
  }

  invalidate(offset: number, length: number): void {
    this.#memory.invalidate(offset, length);
  }
}
