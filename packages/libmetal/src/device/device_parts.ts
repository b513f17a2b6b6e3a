import type { DeviceRegion } from "./device.ts";
import type { DeviceDma } from "./device_dma.ts";
import type { DeviceInterrupt } from "./device_interrupt.ts";
import type { DeviceProperties } from "./device_properties.ts";

/** What a bus knows of a device that it has opened. */
export interface DeviceParts {
  /** The driver of the operating system, where there is one. */
  readonly driver?: string | undefined;
  /** Its regions. Default: none. */
  readonly regions?: readonly DeviceRegion[];
  /** Its interrupts. Default: none. */
  readonly interrupts?: readonly DeviceInterrupt[];
  /** Its properties. Default: none. */
  readonly properties?: DeviceProperties;
  /** How it reaches memory. */
  readonly dma?: DeviceDma | undefined;
  /** Resets it. */
  readonly reset?: () => void;
  /** Gives it back, when its last opening closes. */
  readonly release?: () => void;
}
