import { MetalError } from "../error.ts";
import { MappedWords } from "./mapped_words.ts";
import type { CacheMaintenance, Mapping, Memory, MemoryKind } from "./memory.ts";
import type { SharedWords } from "./shared_words.ts";

/** The most bytes that a memory has: offsets are shifted as 32-bit numbers. */
const MAXIMUM_SIZE = 2 ** 32;

/** What {@linkcode bufferMemory} needs. */
export interface BufferMemoryOptions {
  /** The name, for messages and look-ups. */
  readonly name: string;
  /** The physical address of the first byte, 0 to 2^53 - 1. */
  readonly physicalAddress: number;
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
  /** Aborted when the owner of the bytes has ended their mapping. */
  readonly closed?: AbortSignal;
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
 * @throws {MetalError} `INVALID_ARGUMENT` for an address, offset, length or line size out of its range;
 *   `UNSUPPORTED` on a big-endian host, whose words would not be the peer's.
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
  if (!littleEndian()) {
    throw new MetalError(
      "UNSUPPORTED",
      `Map memory "${name}": this host is big-endian, and the peers' words are little-endian`,
    );
  }
  if (!Number.isSafeInteger(physicalAddress + byteLength) || physicalAddress < 0) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Map memory "${name}": physical address ${physicalAddress} is not within 0 to 2^53 - 1`,
    );
  }
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
  const words = new MappedWords(buffer, byteOffset, byteLength, kind, maintenance);
  checkLines(name, physicalAddress, words.lineSize);
  const { address, closed } = options;
  const mapping = { buffer, byteOffset, address, closed };
  return memoryOver(name, physicalAddress, kind, words, mapping);
}

/**
 * Makes a memory over words of any kind: the seam at which a test puts guarded words.
 *
 * @param name The name, for messages and look-ups.
 * @param physicalAddress The physical address of the first byte.
 * @param kind How it may be touched.
 * @param words The bytes.
 * @param mapping Where they lie here, where they are bytes of a buffer.
 * @returns The memory.
 */
export function memoryOver(
  name: string,
  physicalAddress: number,
  kind: MemoryKind,
  words: SharedWords,
  mapping?: Mapping,
): Memory {
  const size = words.byteLength;

  function check(action: string, offset: number, length: number, width: number): void {
    // Written so that NaN fails too.
    const inside = offset >= 0 && length >= 0 && offset + length <= size;
    if (!inside || !Number.isInteger(offset) || !Number.isInteger(length)) {
      throw new MetalError(
        "OUT_OF_RANGE",
        `${action} ${length} bytes at offset ${offset} of "${name}": it has ${size} bytes`,
      );
    }
    if (offset % width !== 0) {
      throw new MetalError(
        "MISALIGNED",
        `${action} ${length} bytes at offset ${offset} of "${name}": not a multiple of ${width}`,
      );
    }
  }

  return {
    name,
    physicalAddress,
    size,
    kind,
    words,
    mapping,
    read8(offset) {
      check("Read", offset, 1, 1);
      return words.load8(offset);
    },
    read16(offset) {
      check("Read", offset, 2, 2);
      return words.load16(offset);
    },
    read32(offset) {
      check("Read", offset, 4, 4);
      return words.load32(offset);
    },
    write8(offset, value) {
      check("Write", offset, 1, 1);
      words.store8(offset, value);
    },
    write16(offset, value) {
      check("Write", offset, 2, 2);
      words.store16(offset, value);
    },
    write32(offset, value) {
      check("Write", offset, 4, 4);
      words.store32(offset, value);
    },
    readBlock(offset, target) {
      check("Read", offset, target.length, 1);
      words.invalidate(offset, target.length);
      words.copyOut(offset, target, 0, target.length);
    },
    writeBlock(offset, source) {
      check("Write", offset, source.length, 1);
      words.copyIn(offset, source, 0, source.length);
      words.flush(offset, source.length);
    },
    setBlock(offset, value, length) {
      check("Set", offset, length, 1);
      words.fill(offset, value, length);
      words.flush(offset, length);
    },
    flush(offset, length) {
      check("Flush", offset, length, 1);
      words.flush(offset, length);
    },
    invalidate(offset, length) {
      check("Invalidate", offset, length, 1);
      words.invalidate(offset, length);
    },
  };
}

/** Refuses lines that no cache has, and a memory that starts within one. */
function checkLines(name: string, physicalAddress: number, lineSize: number): void {
  if (lineSize === 1) return;
  const isPowerOfTwo = Number.isInteger(Math.log2(lineSize));
  if (!isPowerOfTwo || lineSize < 4 || lineSize > 4096 || physicalAddress % lineSize !== 0) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Map memory "${name}": it starts at 0x${physicalAddress.toString(16)}, in the middle of a ` +
        `cache line of ${lineSize} bytes, or that is no power of two from 4 to 4096`,
    );
  }
}

function littleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}
