import type { WaitOptions } from "../time/clock.ts";
import type { Device } from "./device.ts";

/** A set of devices that are found by name. Upstream: `metal_bus`. */
export interface Bus {
  /** Its name, under which a registry has it. */
  readonly name: string;
  /**
   * Opens a device. Upstream: `metal_device_open`, and the bus's `dev_open`.
   *
   * @param device Its name.
   * @param options For how long to wait for what appears late, such as a device file.
   * @returns The device, for its opener to close.
   * @throws {MetalError} `NOT_FOUND` for a name that the bus does not have; what else depends on the
   *   bus.
   */
  open(device: string, options?: WaitOptions): Promise<Device>;
  /**
   * The names of the devices, in alphabetical order.
   *
   * @throws {MetalError} Where the bus itself is missing; the message says what to do.
   */
  list(): Promise<readonly string[]>;
}
