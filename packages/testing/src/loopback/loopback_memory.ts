import { bufferMemory, type Memory } from "@openamp/libmetal";

/** Its address: nothing is at 0, so that a null address is refused. */
export const MEMORY_ADDRESS: number = 0x10000000;
/** Its bytes by default: 1 MiB. */
export const MEMORY_SIZE: number = 1 << 20;

/**
 * Makes memory that two sides in this program can share, zeroed.
 *
 * @param size Bytes: a multiple of 4. Default 1 MiB.
 * @returns The memory, at 0x10000000.
 *
 * @example
 * ```ts
 * import { loopbackMemory } from "@openamp/testing";
 *
 * if (loopbackMemory().size !== 1 << 20) throw new Error("1 MiB");
 * ```
 */
export function loopbackMemory(size: number = MEMORY_SIZE): Memory {
  const buffer = new SharedArrayBuffer(size);
  return bufferMemory({ name: "loopback", physicalAddress: MEMORY_ADDRESS, buffer });
}
