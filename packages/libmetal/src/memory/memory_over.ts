import { type PhysicalAddresses, physicalMap } from "../io/physical_map.ts";
import type { Mapping, Memory, MemoryKind } from "./memory.ts";
import type { SharedWords } from "./shared_words.ts";
import { WordsMemory } from "./words_memory.ts";

/**
 * Makes a memory over words of any kind: the seam at which a test puts guarded words.
 *
 * @param name The name, for messages and look-ups.
 * @param physicalAddress The physical address of the first byte, or of each page.
 * @param kind How it may be touched.
 * @param words The bytes.
 * @param mapping Where they lie here, where they are bytes of a buffer.
 * @returns The memory.
 * @throws {MetalError} `INVALID_ARGUMENT` for an address that is not within 0 to 2^53 - 1, and for
 *   pages that do not cover the words; `OVERLAP` where two pages share an address.
 */
export function memoryOver(
  name: string,
  physicalAddress: PhysicalAddresses,
  kind: MemoryKind,
  words: SharedWords,
  mapping?: Mapping,
): Memory {
  const physical = physicalMap(`Make the memory "${name}"`, physicalAddress, words.byteLength);
  return new WordsMemory({ name, physical, kind, words, mapping });
}
