import { MetalError } from "../error.ts";
import type { Memory } from "./memory.ts";

/**
 * The address in this process of a byte of a memory, for calls of the operating system.
 * Upstream: `metal_io_virt`.
 *
 * @param memory The memory.
 * @param offset Bytes from the start, 0 to `size - 1`.
 * @returns The address.
 * @throws {MetalError} `OUT_OF_RANGE` where the memory has no such byte; `UNSUPPORTED` where its bytes
 *   have no address that is known: in a buffer of the engine, or for reading only; `CLOSED` after the
 *   owner has closed it.
 */
export function mappedAddress(memory: Memory, offset: number): number {
  const action = `Take the address of offset ${offset} of "${memory.name}"`;
  const { mapping, name, size } = memory;
  if (mapping?.address === undefined) {
    throw new MetalError("UNSUPPORTED", `${action}: the operating system has not mapped "${name}"`);
  }
  if (mapping.closed?.aborted === true) {
    throw new MetalError("CLOSED", `${action}: its owner has closed it`);
  }
  if (Number.isInteger(offset) && offset >= 0 && offset < size) return mapping.address + offset;
  throw new MetalError("OUT_OF_RANGE", `${action}: it has ${size} bytes`);
}

/**
 * Where an address of this process lies in a memory. Upstream: `metal_io_virt_to_offset`.
 *
 * @param memory The memory.
 * @param address Any number.
 * @returns Bytes from the start, or undefined where it is no address of the memory.
 */
export function offsetOfMappedAddress(memory: Memory, address: number): number | undefined {
  const first = memory.mapping?.address;
  return first === undefined ? undefined : offsetWithin(memory, address - first, 1);
}

/**
 * Where an array lies in a memory: the way back from `mapping.buffer` and `words.view`.
 *
 * @param memory The memory.
 * @param view The array.
 * @returns Bytes from the start, or undefined where the array does not lie in the memory.
 *
 * @example
 * ```ts
 * import { bufferMemory, offsetOfView } from "@openamp/libmetal";
 *
 * const buffer = new SharedArrayBuffer(0x1000);
 * const shm = bufferMemory({ name: "shm", physicalAddress: 0x1000, buffer, byteOffset: 0x100 });
 * const offset = offsetOfView(shm, new Uint32Array(buffer, 0x110, 1));
 * if (offset !== 0x10) throw new Error("16 bytes behind the first");
 * if (shm.physicalAt(offset) !== 0x1010) throw new Error("And in physical addresses");
 * ```
 */
export function offsetOfView(memory: Memory, view: ArrayBufferView): number | undefined {
  const { mapping } = memory;
  if (mapping === undefined || mapping.buffer !== view.buffer) return undefined;
  return offsetWithin(memory, view.byteOffset - mapping.byteOffset, view.byteLength);
}

function offsetWithin(memory: Memory, offset: number, length: number): number | undefined {
  const inside = Number.isInteger(offset) && offset >= 0 && offset < memory.size;
  return inside && length <= memory.size - offset ? offset : undefined;
}
