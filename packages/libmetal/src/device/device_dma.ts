import type { Memory } from "../memory/memory.ts";

/** What a device does with mapped memory. Upstream: `METAL_DMA_DEV_R`, `_DEV_W`, `_DEV_WR`. */
export type DeviceAccess = "read" | "write" | "read-write";

/** Memory that a device may reach, until it is disposed of. */
export interface DeviceMapping extends Disposable {
  /** The address at which the device sees the first byte. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
}

/** What {@linkcode DeviceDma.map} needs. */
export interface DeviceMappingOptions {
  /** The memory; its bytes must lie in a mapping. */
  readonly memory: Memory;
  /** The first byte. Default 0. */
  readonly offset?: number;
  /** Bytes. Default: all from `offset` on. */
  readonly length?: number;
  /** What the device does there. */
  readonly access: DeviceAccess;
  /** At which address the device is to see it. Default: the bus chooses one. */
  readonly address?: number;
}

/**
 * How a device reaches memory, where its bus knows. Upstream: the bus's `dev_dma_map` and
 * `dev_dma_unmap`.
 */
export interface DeviceDma {
  /** The smallest unit of memory that can be mapped, in bytes. */
  readonly granule: number;
  /**
   * Lets the device reach memory. Ends with the device at the latest.
   *
   * @param options Which bytes, and for what.
   * @returns The mapping, with the address for the device.
   * @throws {MetalError} `UNSUPPORTED` for memory that is no mapping; `MISALIGNED` where it is
   *   no multiple of the granule; `OUT_OF_RANGE` beyond the memory; `OVERLAP` with another mapping;
   *   `NO_SPACE` where no address is left; `CLOSED`; `SYSTEM`.
   */
  map(options: DeviceMappingOptions): DeviceMapping;
}
