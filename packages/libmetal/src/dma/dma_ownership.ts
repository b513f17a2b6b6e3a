import type { DeviceAccess } from "../device/device_dma.ts";
import { MetalError } from "../error.ts";
import type { Memory } from "../memory/memory.ts";
import type { ScatterEntry } from "./scatter_list.ts";

/** Hears who may touch bytes: what a test makes guards of. */
export interface DmaObserver {
  /**
   * Bytes belong to a device from now on: the processor must not write them, and must not read what
   * the device may write.
   */
  toDevice(memory: Memory, offset: number, length: number, access: DeviceAccess): void;
  /** Bytes belong to the processor again. */
  toCpu(memory: Memory, offset: number, length: number, access: DeviceAccess): void;
}

/**
 * Which bytes are mapped for which devices. Several contexts may keep one together, so that two
 * devices are not given the same bytes.
 */
export interface DmaOwnership {
  /**
   * Notes that a device has bytes.
   *
   * @param attempt What is attempted, for the error.
   * @param entry The bytes.
   * @param access What the device does there.
   * @returns Ends it when it is disposed of.
   * @throws {MetalError} `BUSY` where a device has some of them, unless both only read, as in the
   *   kernel's `dma-debug`.
   */
  take(attempt: string, entry: ScatterEntry, access: DeviceAccess): Disposable;
}

/** Bytes that a device has, by their place in the buffer that they lie in. */
interface Holding {
  readonly start: number;
  readonly end: number;
  readonly access: DeviceAccess;
}

/**
 * Makes an ownership in which no device has anything. Bytes are the same where they lie at one place
 * of one buffer, whichever memory or part of one they are named by.
 */
export function dmaOwnership(): DmaOwnership {
  const holdings = new Map<ArrayBufferLike | Memory, Set<Holding>>();
  return {
    take(attempt, { memory, offset, length }, access) {
      const { mapping } = memory;
      const key = mapping?.buffer ?? memory;
      const start = (mapping?.byteOffset ?? 0) + offset;
      const end = start + length;
      const held = holdings.get(key) ?? new Set();
      for (const other of held) {
        const apart = end <= other.start || other.end <= start;
        if (apart || (access === "read" && other.access === "read")) continue;
        throw new MetalError(
          "BUSY",
          `${attempt}: of ${length} bytes at offset ${offset} of "${memory.name}", some are ` +
            `mapped already, to ${other.access}`,
        );
      }
      const holding = { start, end, access };
      held.add(holding);
      holdings.set(key, held);
      return {
        [Symbol.dispose]() {
          held.delete(holding);
          // So that a buffer that is used no more can be collected.
          if (held.size === 0 && holdings.get(key) === held) holdings.delete(key);
        },
      };
    },
  };
}
