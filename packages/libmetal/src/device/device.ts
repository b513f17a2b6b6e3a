import type { IoRegion } from "../io/io_region.ts";
import type { Memory } from "../memory/memory.ts";
import type { DeviceDma } from "./device_dma.ts";
import type { DeviceInterrupt } from "./device_interrupt.ts";
import type { DeviceProperties } from "./device_properties.ts";

/** A region of a device: mapped here, or reached by calls, such as a configuration space. */
export type DeviceRegion = IoRegion | Memory;

/**
 * An open device. Upstream: `metal_device`.
 *
 * Whoever opened it closes it, by `close()` or `using`. A device may be open several times: each
 * opening is an object of its own, and the last one that closes gives the device back. Everything
 * but `name`, `bus`, `driver` and `closed` throws `CLOSED` afterwards.
 */
export interface Device extends Disposable {
  /** Its name on its bus. */
  readonly name: string;
  /** The name of its bus. */
  readonly bus: string;
  /** The driver of the operating system through which it is reached, where there is one. */
  readonly driver: string | undefined;
  /** Whether this opening was closed. */
  readonly closed: boolean;
  /** Its regions. Upstream: `regions`, of `METAL_MAX_DEVICE_REGIONS` at most. */
  readonly regions: readonly DeviceRegion[];
  /** Its interrupts. */
  readonly interrupts: readonly DeviceInterrupt[];
  /** Its properties: a node of the device tree; none where it has no node. */
  readonly properties: DeviceProperties;
  /** How it reaches memory, where its bus knows. */
  readonly dma: DeviceDma | undefined;
  /**
   * Finds a region. Upstream: `metal_device_io_region`, which only knows indices.
   *
   * @param which Its index, or its name.
   * @returns The region.
   * @throws {MetalError} `NOT_FOUND` where there is none; the message has those that are.
   */
  region(which: number | string): DeviceRegion;
  /**
   * Finds a region whose bytes are mapped here.
   *
   * @param which Its index, or its name.
   * @returns The memory.
   * @throws {MetalError} `NOT_FOUND`; `UNSUPPORTED` where the region is reached by calls only.
   */
  memory(which: number | string): Memory;
  /**
   * Finds an interrupt.
   *
   * @param which Its index, or its name. Default 0.
   * @returns The interrupt.
   * @throws {MetalError} `NOT_FOUND` where there is none; the message has those that are.
   */
  interrupt(which?: number | string): DeviceInterrupt;
  /**
   * Resets the device, for all who have it open.
   *
   * @throws {MetalError} `UNSUPPORTED` where its bus or the device cannot.
   */
  reset(): void;
  /**
   * Gives the device back. Harmless when it is closed already. Upstream: `metal_device_close`.
   *
   * @throws {MetalError} What the bus could not undo; the device is closed all the same.
   */
  close(): void;
}
