import { MetalError } from "../error.ts";
import type { IoRegion } from "./io_region.ts";
import { lowBits, putWord, putWord64, wordOf } from "./little_endian.ts";
import type { MemoryOrder } from "./memory_order.ts";
import {
  physicalAt,
  physicalMap,
  type PhysicalAddresses,
  type PhysicalMap,
  physicalRun,
} from "./physical_map.ts";
import {
  type AccessWidth,
  checkAccess,
  checkBigint,
  checkNumber,
  checkRange,
  closedError,
  described,
  readOnlyError,
  type RegionAction,
} from "./region_checks.ts";
import type { RegionOperations } from "./region_operations.ts";

/** What {@linkcode ioRegion} needs. */
export interface IoRegionOptions {
  /** The name, for messages and look-ups. */
  readonly name: string;
  /** The physical address of the first byte, 0 to 2^53 - 1, or of each page. */
  readonly physicalAddress: PhysicalAddresses;
  /** Bytes, 1 to 2^53 - 1. */
  readonly size: number;
  /** What its accesses do. */
  readonly operations: RegionOperations;
  /**
   * The widths that `read` and `write` are called with; others are `UNSUPPORTED`. Many registers take
   * accesses of 4 bytes only. Default: 1, 2 and 4.
   */
  readonly widths?: readonly (1 | 2 | 4)[];
  /** Aborted when the owner has closed what the operations reach: then each access is `CLOSED`. */
  readonly closed?: AbortSignal;
}

/**
 * Makes a region of operations of your own. Each access is exactly one call, of its width.
 * Upstream: `metal_io_init` with `ops`.
 *
 * @param options The operations, their range and their widths.
 * @returns The region.
 * @throws {MetalError} `INVALID_ARGUMENT` for an address, a size or widths out of their range;
 *   `OVERLAP` where two pages share an address.
 *
 * @example
 * ```ts
 * import { ioRegion } from "@openamp/libmetal";
 *
 * // A status register that is cleared by reading it.
 * let status = 0b101;
 * const uart = ioRegion({
 *   name: "uart0",
 *   physicalAddress: 0x40004000,
 *   size: 4,
 *   widths: [4],
 *   operations: {
 *     read() {
 *       const value = status;
 *       status = 0;
 *       return value;
 *     },
 *   },
 * });
 * if (uart.read32(0) !== 0b101 || uart.read32(0) !== 0) throw new Error("Each read is one call");
 * ```
 */
export function ioRegion(options: IoRegionOptions): IoRegion {
  const { name, size, widths = [1, 2, 4] } = options;
  const action = `Make the region "${name}"`;
  if (!Number.isSafeInteger(size) || size <= 0) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: ${size} bytes are not within 1 to 2^53 - 1`,
    );
  }
  if (widths.length === 0 || widths.some((width) => ![1, 2, 4].includes(width))) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: its widths are ${widths.join(", ") || "none"}, and may be 1, 2 and 4 bytes`,
    );
  }
  return new CustomRegion(options, widths, physicalMap(action, options.physicalAddress, size));
}

/** A region whose accesses are calls; the checks are the same for all of them. */
class CustomRegion implements IoRegion {
  readonly name: string;
  readonly physicalAddress: number;
  readonly size: number;
  readonly #operations: RegionOperations;
  readonly #widths: ReadonlySet<number>;
  /** The narrowest access: a block starts and ends at a multiple of it. */
  readonly #narrowest: number;
  readonly #physical: PhysicalMap;
  readonly #closed: AbortSignal | undefined;

  constructor(options: IoRegionOptions, widths: readonly (1 | 2 | 4)[], physical: PhysicalMap) {
    this.name = options.name;
    this.physicalAddress = physical.first;
    this.size = options.size;
    this.#operations = options.operations;
    this.#widths = new Set(widths);
    this.#narrowest = Math.min(...widths);
    this.#physical = physical;
    this.#closed = options.closed;
  }

  read8(offset: number, order: MemoryOrder = "seq_cst"): number {
    return this.#read(offset, 1, order) & 0xff;
  }

  read16(offset: number, order: MemoryOrder = "seq_cst"): number {
    return this.#read(offset, 2, order) & 0xffff;
  }

  read32(offset: number, order: MemoryOrder = "seq_cst"): number {
    return this.#read(offset, 4, order) >>> 0;
  }

  read64(offset: number, order: MemoryOrder = "seq_cst"): bigint {
    this.#check("Read", offset, 8);
    if (this.#operations.read64 === undefined) throw this.#unsupported("Read", offset, 8);
    return BigInt.asUintN(64, this.#operations.read64(offset, order));
  }

  write8(offset: number, value: number, order: MemoryOrder = "seq_cst"): void {
    this.#write(offset, value, 1, order);
  }

  write16(offset: number, value: number, order: MemoryOrder = "seq_cst"): void {
    this.#write(offset, value, 2, order);
  }

  write32(offset: number, value: number, order: MemoryOrder = "seq_cst"): void {
    this.#write(offset, value, 4, order);
  }

  write64(offset: number, value: bigint, order: MemoryOrder = "seq_cst"): void {
    this.#check("Write", offset, 8);
    if (this.#operations.write64 === undefined) {
      throw this.#operations.write === undefined
        ? readOnlyError(this, "Write", offset, 8)
        : this.#unsupported("Write", offset, 8);
    }
    checkBigint(this, offset, value);
    this.#operations.write64(offset, BigInt.asUintN(64, value), order);
  }

  readBlock(offset: number, target: Uint8Array): void {
    this.#checkBlock("Read", offset, target.length);
    if (this.#operations.readBlock !== undefined) {
      this.#operations.readBlock(offset, target);
      return;
    }
    for (let done = 0; done < target.length;) {
      const width = this.#widthAt(offset + done, target.length - done, "read64");
      if (width === 8) putWord64(target, done, this.read64(offset + done, "relaxed"));
      else putWord(target, done, width, this.#operations.read(offset + done, width, "relaxed"));
      done += width;
    }
  }

  writeBlock(offset: number, source: Uint8Array): void {
    this.#checkBlock("Write", offset, source.length);
    if (this.#operations.writeBlock !== undefined) {
      this.#operations.writeBlock(offset, source);
      return;
    }
    this.#writeBytes("Write", offset, source.length, (at) => source[at]!);
  }

  setBlock(offset: number, value: number, length: number): void {
    this.#checkBlock("Set", offset, length);
    checkNumber(this, "Set", offset, length, value);
    const byte = value & 0xff;
    if (this.#operations.setBlock !== undefined) {
      this.#operations.setBlock(offset, byte, length);
      return;
    }
    this.#writeBytes("Set", offset, length, () => byte);
  }

  physicalAt(offset: number): number {
    return physicalAt(this, this.#physical, offset);
  }

  physicalRun(offset: number): number {
    return physicalRun(this, this.#physical, offset);
  }

  offsetOf(physical: number): number | undefined {
    return this.#physical.offsetOf(physical);
  }

  #read(offset: number, width: 1 | 2 | 4, order: MemoryOrder): number {
    this.#check("Read", offset, width);
    if (!this.#widths.has(width)) throw this.#unsupported("Read", offset, width);
    return this.#operations.read(offset, width, order);
  }

  #write(offset: number, value: number, width: 1 | 2 | 4, order: MemoryOrder): void {
    this.#check("Write", offset, width);
    if (this.#operations.write === undefined) throw readOnlyError(this, "Write", offset, width);
    if (!this.#widths.has(width)) throw this.#unsupported("Write", offset, width);
    checkNumber(this, "Write", offset, width, value);
    this.#operations.write(offset, lowBits(value, width), width, order);
  }

  #writeBytes(
    action: RegionAction,
    offset: number,
    length: number,
    byteAt: (at: number) => number,
  ): void {
    if (this.#operations.write === undefined) throw readOnlyError(this, action, offset, length);
    for (let done = 0; done < length;) {
      const width = this.#widthAt(offset + done, length - done, "write64");
      const low = wordOf(byteAt, done, width === 8 ? 4 : width);
      if (width === 8) {
        const high = wordOf(byteAt, done + 4, 4);
        this.write64(offset + done, (BigInt(high) << 32n) | BigInt(low), "relaxed");
      } else this.#operations.write(offset + done, low, width, "relaxed");
      done += width;
    }
  }

  /** The widest access that is aligned here, is not longer than what is left, and exists. */
  #widthAt(offset: number, left: number, wide: "read64" | "write64"): AccessWidth {
    if (offset % 8 === 0 && left >= 8 && this.#operations[wide] !== undefined) return 8;
    if (offset % 4 === 0 && left >= 4 && this.#widths.has(4)) return 4;
    if (offset % 2 === 0 && left >= 2 && this.#widths.has(2)) return 2;
    return 1;
  }

  #check(action: RegionAction, offset: number, width: AccessWidth): void {
    if (this.#closed?.aborted === true) throw closedError(this, action, offset, width);
    checkAccess(this, action, offset, width);
  }

  #checkBlock(action: RegionAction, offset: number, length: number): void {
    if (this.#closed?.aborted === true) throw closedError(this, action, offset, length);
    checkRange(this, action, offset, length);
    const narrowest = this.#narrowest;
    if (offset % narrowest === 0 && length % narrowest === 0) return;
    throw new MetalError(
      "MISALIGNED",
      `${described(this, action, offset, length)}: it takes whole accesses of ${narrowest} bytes`,
    );
  }

  #unsupported(action: RegionAction, offset: number, width: AccessWidth): MetalError {
    return new MetalError(
      "UNSUPPORTED",
      `${described(this, action, offset, width)}: it has no accesses of that width`,
    );
  }
}
