import type { MemoryOrder } from "./memory_order.ts";

/**
 * A range of physical addresses that can be read and written: registers or memory.
 * Upstream: `metal_io_region` (`<metal/io.h>`).
 *
 * Every access is checked, and an access that is refused has touched nothing:
 *
 * | code | what is refused |
 * | --- | --- |
 * | `OUT_OF_RANGE` | an offset or a length beyond the region, negative, or no whole number |
 * | `MISALIGNED` | an offset that is no multiple of the width |
 * | `INVALID_ARGUMENT` | a value that is no whole number, or no `bigint` for 64 bits |
 * | `READ_ONLY` | a write where only reading is allowed |
 * | `UNSUPPORTED` | a width that the region does not have |
 * | `CLOSED` | any access after the owner has closed it, or has given its buffer away |
 *
 * Upstream cuts blocks short silently; who wants that has `readBlockClamped` and its neighbours.
 *
 * A single access is one load or store of its width, little-endian. How it is ordered among the
 * others says its last parameter, `seq_cst` unless told otherwise, as upstream; see
 * {@linkcode MemoryOrder}. Blocks are plain accesses, in no order of their own: publish them with an
 * ordered write. Not for ring loops: rings use `SharedWords`.
 */
export interface IoRegion {
  /** The name, for messages and look-ups. */
  readonly name: string;
  /** The physical address of offset 0. */
  readonly physicalAddress: number;
  /** Bytes. */
  readonly size: number;
  /** Reads 8 bits at `offset` bytes. */
  read8(offset: number, order?: MemoryOrder): number;
  /** Reads 16 bits at `offset` bytes, a multiple of 2. */
  read16(offset: number, order?: MemoryOrder): number;
  /** Reads 32 bits at `offset` bytes, a multiple of 4. */
  read32(offset: number, order?: MemoryOrder): number;
  /** Reads 64 bits at `offset` bytes, a multiple of 8, by one access. */
  read64(offset: number, order?: MemoryOrder): bigint;
  /** Writes the low 8 bits of `value` at `offset` bytes. */
  write8(offset: number, value: number, order?: MemoryOrder): void;
  /** Writes the low 16 bits of `value` at `offset` bytes, a multiple of 2. */
  write16(offset: number, value: number, order?: MemoryOrder): void;
  /** Writes the low 32 bits of `value` at `offset` bytes, a multiple of 4. */
  write32(offset: number, value: number, order?: MemoryOrder): void;
  /** Writes the low 64 bits of `value` at `offset` bytes, a multiple of 8, by one access. */
  write64(offset: number, value: bigint, order?: MemoryOrder): void;
  /** Copies `target.length` bytes from `offset` into `target`. */
  readBlock(offset: number, target: Uint8Array): void;
  /** Copies all of `source` to `offset`. */
  writeBlock(offset: number, source: Uint8Array): void;
  /** Sets `length` bytes from `offset` to the low 8 bits of `value`. */
  setBlock(offset: number, value: number, length: number): void;
  /**
   * The physical address of a byte. Upstream: `metal_io_phys`.
   *
   * @param offset Bytes from the start, 0 to `size - 1`.
   * @returns The address, which another page of the region need not follow.
   * @throws {MetalError} `OUT_OF_RANGE` for any other offset; upstream: `METAL_BAD_PHYS`.
   */
  physicalAt(offset: number): number;
  /**
   * How many bytes from an offset on follow one another in physical addresses too: what a device can
   * be given in one piece.
   *
   * @param offset Bytes from the start, 0 to `size - 1`.
   * @returns Bytes, 1 and up.
   * @throws {MetalError} `OUT_OF_RANGE` for any other offset.
   */
  physicalRun(offset: number): number;
  /**
   * Where a physical address lies in the region. Upstream: `metal_io_phys_to_offset`.
   *
   * @param physical Any number.
   * @returns Bytes from the start, or undefined where the region does not have the address; upstream:
   *   `METAL_BAD_OFFSET`.
   */
  offsetOf(physical: number): number | undefined;
}
