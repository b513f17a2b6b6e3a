import { MetalError } from "../../error.ts";
import { ioRegion } from "../../io/custom_region.ts";
import type { IoRegion } from "../../io/io_region.ts";

/**
 * A region that is known and cannot be reached: each access says why.
 *
 * @param name The name.
 * @param physicalAddress The physical address of the first byte.
 * @param size Bytes.
 * @param reason Why not, for the error `UNSUPPORTED`.
 * @returns The region.
 */
export function unreachableRegion(
  name: string,
  physicalAddress: number,
  size: number,
  reason: string,
): IoRegion {
  const refuse = (): never => {
    throw new MetalError("UNSUPPORTED", `Access region "${name}": ${reason}`);
  };
  return ioRegion({ name, physicalAddress, size, operations: { read: refuse, write: refuse } });
}
