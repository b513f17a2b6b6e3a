/**
 * A range of physical addresses that can be read and written: registers or memory.
 * Upstream: `metal_io_region` (`<metal/io.h>`).
 *
 * Every access is checked: an offset or a length beyond the region is `OUT_OF_RANGE`, an offset
 * that is no multiple of the width is `MISALIGNED`. Upstream clamps block accesses silently; this
 * does not. A single access is one load or store of its width, in program order with the other
 * accesses of this region. Not for ring loops: rings use `SharedWords`.
 */
export interface IoRegion {
  /** The name, for messages and look-ups. */
  readonly name: string;
  /** The physical address of offset 0. */
  readonly physicalAddress: number;
  /** Bytes. */
  readonly size: number;
  /** Reads 8 bits at `offset` bytes. */
  read8(offset: number): number;
  /** Reads 16 bits, little-endian, at `offset` bytes, a multiple of 2. */
  read16(offset: number): number;
  /** Reads 32 bits, little-endian, at `offset` bytes, a multiple of 4. */
  read32(offset: number): number;
  /** Writes 8 bits at `offset` bytes. */
  write8(offset: number, value: number): void;
  /** Writes 16 bits, little-endian, at `offset` bytes, a multiple of 2. */
  write16(offset: number, value: number): void;
  /** Writes 32 bits, little-endian, at `offset` bytes, a multiple of 4. */
  write32(offset: number, value: number): void;
  /** Copies `target.length` bytes from `offset` into `target`. */
  readBlock(offset: number, target: Uint8Array): void;
  /** Copies all of `source` to `offset`. */
  writeBlock(offset: number, source: Uint8Array): void;
  /** Sets `length` bytes from `offset` to the low 8 bits of `value`. */
  setBlock(offset: number, value: number, length: number): void;
}
