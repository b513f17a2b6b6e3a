import type { DeviceAccess } from "../device/device_dma.ts";
import { MetalError } from "../error.ts";
import { checkLines } from "./cache_lines.ts";
import type { DmaObserver } from "./dma_ownership.ts";
import type { DmaSegment } from "./dma_segments.ts";
import type { ScatterEntry, ScatterList } from "./scatter_list.ts";

/** Bytes that a device has. Disposing unmaps them, unless that was done. */
export interface DmaMapping extends Disposable {
  /** The bytes. */
  readonly list: ScatterList;
  /** What the device does with them. */
  readonly access: DeviceAccess;
  /** Where the device finds them: as many ranges as its limits ask for. */
  readonly segments: readonly DmaSegment[];
  /**
   * Lets the processor read what the device has written so far, or write, without unmapping. In the
   * kernel: `dma_sync_single_for_cpu`.
   *
   * @param offset Bytes from the start of the list. Default 0.
   * @param length Bytes. Default: the rest.
   * @throws {MetalError} `NOT_OWNER` after it was unmapped; `OUT_OF_RANGE`; `MISALIGNED` where the
   *   device may write, and the range has a part of a cache line.
   */
  syncForCpu(offset?: number, length?: number): void;
  /**
   * Hands the bytes back to the device. In the kernel: `dma_sync_single_for_device`.
   *
   * @param offset Bytes from the start of the list. Default 0.
   * @param length Bytes. Default: the rest.
   * @throws {MetalError} As `syncForCpu`.
   */
  syncForDevice(offset?: number, length?: number): void;
  /**
   * Takes the bytes back: their addresses end, where an IOMMU made them, and the cache forgets what
   * the device may have written over. Upstream: `metal_dma_unmap`.
   *
   * @throws {MetalError} `NOT_OWNER` after it was unmapped.
   */
  unmap(): void;
}

/** What {@linkcode mapping} needs. */
export interface MappingParts {
  /** What it is called in an error. */
  readonly attempt: string;
  readonly list: ScatterList;
  readonly access: DeviceAccess;
  readonly segments: readonly DmaSegment[];
  readonly observer: DmaObserver | undefined;
  /** Ends the addresses and the ownership. */
  readonly release: () => void;
}

/** Hands bytes to a device, and makes the way back. */
export function mapping(parts: MappingParts): DmaMapping {
  const { attempt, list, access, segments, observer, release } = parts;
  let mapped = true;

  function part(action: string, offset: number, length: number): readonly ScatterEntry[] {
    if (!mapped) throw new MetalError("NOT_OWNER", `${action} ${attempt}: it was unmapped`);
    const { entries } = list.slice(offset, length);
    if (access !== "read") for (const entry of entries) checkLines(action, entry);
    return entries;
  }

  /** Written back in every direction, as the kernel does on arm64. */
  function toDevice(entries: readonly ScatterEntry[]): void {
    for (const { memory, offset, length } of entries) {
      // Also what the device will write: a dirty line would be written over it, whenever it is
      // evicted; and what the device leaves out keeps our bytes, instead of what memory had.
      memory.flush(offset, length);
      observer?.toDevice(memory, offset, length, access);
    }
  }

  function toCpu(entries: readonly ScatterEntry[]): void {
    for (const { memory, offset, length } of entries) {
      observer?.toCpu(memory, offset, length, access);
      // Lines may have come into the cache meanwhile, read ahead: they are older than the device's
      // bytes. What the device only reads is still ours.
      if (access !== "read") memory.invalidate(offset, length);
    }
  }

  function unmap(): void {
    const entries = part("Unmap", 0, list.length);
    mapped = false;
    // First the device loses its way to the bytes, then we look at them.
    try {
      release();
    } finally {
      toCpu(entries);
    }
  }

  toDevice(list.entries);
  return {
    list,
    access,
    segments,
    syncForCpu(offset = 0, length = list.length - offset) {
      toCpu(part("Sync for the processor", offset, length));
    },
    syncForDevice(offset = 0, length = list.length - offset) {
      toDevice(part("Sync for the device", offset, length));
    },
    unmap,
    [Symbol.dispose]() {
      if (mapped) unmap();
    },
  };
}
