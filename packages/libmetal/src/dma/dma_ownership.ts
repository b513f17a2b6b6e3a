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

interface Holding extends ScatterEntry {
  readonly access: DeviceAccess;
}

/** Makes an ownership in which no device has anything. */
export function dmaOwnership(): DmaOwnership {
  const holdings = new Map<Memory, Set<Holding>>();
  return {
    take(attempt, entry, access) {
      const { memory, offset, length } = entry;
      const held = holdings.get(memory) ?? new Set();
      for (const other of held) {
        const apart = offset + length <= other.offset || other.offset + other.length <= offset;
        if (apart || (access === "read" && other.access === "read")) continue;
        throw new MetalError(
          "BUSY",
          `${attempt}: of ${length} bytes at offset ${offset} of "${memory.name}", some are ` +
            `mapped already: ${other.length} at offset ${other.offset}`,
        );
      }
      const holding = { memory, offset, length, access };
      held.add(holding);
      holdings.set(memory, held);
      return {
        [Symbol.dispose]() {
          held.delete(holding);
          // So that a memory that is used no more can be collected.
          if (held.size === 0 && holdings.get(memory) === held) holdings.delete(memory);
        },
      };
    },
  };
}
