import { MetalError } from "../error.ts";
import type { IoRegion } from "./io_region.ts";
import { described, type RegionAction } from "./region_checks.ts";

/**
 * Copies bytes out of a region up to its end, as upstream's `metal_io_block_read`: a block that is
 * too long is cut short. The blocks of {@linkcode IoRegion} refuse it.
 *
 * @param region The region.
 * @param offset Bytes from the start, less than the region has.
 * @param target Takes the bytes, from its first on; what is beyond the region stays as it is.
 * @returns How many bytes were copied.
 * @throws {MetalError} `OUT_OF_RANGE` where the region has no byte at the offset; and what
 *   `readBlock` refuses.
 *
 * @example
 * ```ts
 * import { bufferMemory, readBlockClamped } from "@openamp/libmetal";
 *
 * const shm = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(64) });
 * const count = readBlockClamped(shm, 60, new Uint8Array(16));
 * if (count !== 4) throw new Error("Four bytes are left");
 * ```
 */
export function readBlockClamped(region: IoRegion, offset: number, target: Uint8Array): number {
  const length = clamped(region, "Read", offset, target.length);
  region.readBlock(offset, target.subarray(0, length));
  return length;
}

/**
 * Copies bytes into a region up to its end, as upstream's `metal_io_block_write`.
 *
 * @param region The region.
 * @param offset Bytes from the start, less than the region has.
 * @param source The bytes; those that do not fit are left out.
 * @returns How many bytes were copied.
 * @throws {MetalError} `OUT_OF_RANGE` where the region has no byte at the offset; and what
 *   `writeBlock` refuses.
 */
export function writeBlockClamped(region: IoRegion, offset: number, source: Uint8Array): number {
  const length = clamped(region, "Write", offset, source.length);
  region.writeBlock(offset, source.subarray(0, length));
  return length;
}

/**
 * Sets bytes of a region up to its end, as upstream's `metal_io_block_set`.
 *
 * @param region The region.
 * @param offset Bytes from the start, less than the region has.
 * @param value Its low 8 bits are what the bytes become.
 * @param length Bytes, 0 and up.
 * @returns How many bytes were set.
 * @throws {MetalError} `OUT_OF_RANGE` where the region has no byte at the offset; and what `setBlock`
 *   refuses.
 */
export function setBlockClamped(
  region: IoRegion,
  offset: number,
  value: number,
  length: number,
): number {
  const set = clamped(region, "Set", offset, length);
  region.setBlock(offset, value, set);
  return set;
}

function clamped(region: IoRegion, action: RegionAction, offset: number, length: number): number {
  if (offset >= 0 && offset < region.size) return Math.min(length, region.size - offset);
  throw new MetalError(
    "OUT_OF_RANGE",
    `${described(region, action, offset, length)}: it has ${region.size} bytes`,
  );
}
