import { isPowerOfTwo } from "../bits/align.ts";
import { MetalError } from "../error.ts";
import { type PhysicalAddresses, physicalMap } from "../io/physical_map.ts";
import { MappedMemory } from "./mapped_memory.ts";
import { MappedWords } from "./mapped_words.ts";
import type { CacheMaintenance, Memory, MemoryKind } from "./memory.ts";
import { readOnly } from "./read_only.ts";

/** The most bytes that a memory has: offsets are shifted as 32-bit numbers. */
const MAXIMUM_SIZE = 2 ** 32;

/** What {@linkcode bufferMemory} needs. */
export interface BufferMemoryOptions {
  /** The name, for messages and look-ups. */
  readonly name: string;
  /** The physical address of the first byte, 0 to 2^53 - 1, or of each page. */
  readonly physicalAddress: PhysicalAddresses;
  /** The mapped bytes: a `SharedArrayBuffer`, or an `ArrayBuffer` over a mapping. */
  readonly buffer: ArrayBufferLike;
  /** Where the memory starts in the buffer: a multiple of 8. Default 0. */
  readonly byteOffset?: number;
  /** Bytes: a multiple of 4, 4 to 2^32. Default: the rest of the buffer, rounded down. */
  readonly byteLength?: number;
  /**
   * The address of the first byte in this process, where the buffer is a mapping of the operating
   * system.
   */
  readonly address?: number;
  /**
   * Aborted when the owner of the bytes has ended their mapping: from then on each access is `CLOSED`.
   * What goes by `words` is not checked, and reads what lies there then: zeros, where a mapping of
   * `@openamp/libmetal/system` was closed.
   */
  readonly closed?: AbortSignal;
  /**
   * Whether the bytes may only be read, as those that are mapped so: see {@linkcode readOnly}. Default
   * false.
   */
  readonly readOnly?: boolean;
  /** How it may be touched. Default `normal`. */
  readonly kind?: MemoryKind;
  /** Cache maintenance, where the memory is not coherent. */
  readonly maintenance?: CacheMaintenance;
}

/**
 * Makes a memory over a buffer.
 *
 * @param options The bytes, their address and their kind.
 * @returns The memory.
 * @throws {MetalError} `INVALID_ARGUMENT` for an address, offset, length or line size out of its range,
 *   and for pages that do not cover the memory; `OVERLAP` where two pages share an address.
 *
 * @example
 * ```ts
 * import { bufferMemory } from "@openamp/libmetal";
 *
 * const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new SharedArrayBuffer(64) });
 * memory.write32(0, 0x74726976);
 * if (memory.read8(0) !== 0x76) throw new Error("Words are little-endian");
 * ```
 */
export function bufferMemory(options: BufferMemoryOptions): Memory {
  const { name, physicalAddress, buffer, kind = "normal", maintenance } = options;
  const byteOffset = options.byteOffset ?? 0;
  const rest = buffer.byteLength - byteOffset;
  const byteLength = options.byteLength ?? rest - (rest % 4);
  if (byteOffset < 0 || byteOffset % 8 !== 0) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Map memory "${name}": byte offset ${byteOffset} is not a multiple of 8`,
    );
  }
  if (byteLength <= 0 || byteLength % 4 !== 0 || byteOffset + byteLength > buffer.byteLength) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Map memory "${name}": ${byteLength} bytes from ${byteOffset} are not a multiple of 4 ` +
        `within the buffer of ${buffer.byteLength} bytes`,
    );
  }
  if (byteLength > MAXIMUM_SIZE) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Map memory "${name}": ${byteLength} bytes are more than the 4 GiB that a memory may have`,
    );
  }
  const physical = physicalMap(`Map memory "${name}"`, physicalAddress, byteLength);
  const words = new MappedWords(buffer, byteOffset, byteLength, kind, maintenance);
  checkLines(name, physical.first, words.lineSize);
  const { address, closed } = options;
  const mapping = { buffer, byteOffset, address, closed };
  const memory = new MappedMemory({ name, physical, kind, words, mapping }, mapping);
  return options.readOnly === true ? readOnly(memory) : memory;
}

/** Refuses lines that no cache has, and a memory that starts within one. */
function checkLines(name: string, physicalAddress: number, lineSize: number): void {
  if (lineSize === 1) return;
  if (
    !isPowerOfTwo(lineSize) ||
    lineSize < 4 ||
    lineSize > 4096 ||
    physicalAddress % lineSize !== 0
  ) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Map memory "${name}": it starts at 0x${physicalAddress.toString(16)}, in the middle of a ` +
        `cache line of ${lineSize} bytes, or that is no power of two from 4 to 4096`,
    );
  }
}
