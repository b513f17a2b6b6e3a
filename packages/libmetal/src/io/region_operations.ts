import type { MemoryOrder } from "./memory_order.ts";

/**
 * What an access of a region does: for registers with side effects, and for buses whose bytes are not
 * mapped. Upstream: `struct metal_io_ops`.
 *
 * Offset, width and value are checked before a call. What a call throws comes out of the access.
 */
export interface RegionOperations {
  /**
   * Reads 1, 2 or 4 bytes.
   *
   * @param offset Bytes from the start, a multiple of `width`.
   * @param width Bytes.
   * @param order What the caller asked for.
   * @returns The value, of which the low bits count.
   */
  read(offset: number, width: 1 | 2 | 4, order: MemoryOrder): number;
  /**
   * Writes 1, 2 or 4 bytes. Without it, the region may only be read.
   *
   * @param offset Bytes from the start, a multiple of `width`.
   * @param value The value, not negative and not wider than `width`.
   * @param width Bytes.
   * @param order What the caller asked for.
   */
  write?(offset: number, value: number, width: 1 | 2 | 4, order: MemoryOrder): void;
  /** Reads 8 bytes. Without it, reads of 64 bits are `UNSUPPORTED`. */
  read64?(offset: number, order: MemoryOrder): bigint;
  /** Writes 8 bytes. Without it, writes of 64 bits are `UNSUPPORTED`. */
  write64?(offset: number, value: bigint, order: MemoryOrder): void;
  /** Reads a block. Default: by the widest aligned accesses, from the first byte on. */
  readBlock?(offset: number, target: Uint8Array): void;
  /** Writes a block. Default: by the widest aligned accesses, from the first byte on. */
  writeBlock?(offset: number, source: Uint8Array): void;
  /** Sets a block to a byte, 0 to 255. Default: by the widest aligned accesses, in order. */
  setBlock?(offset: number, value: number, length: number): void;
}
