import { MetalError } from "../error.ts";
import type { Bus } from "./bus.ts";
import type { DeviceParts } from "./device_parts.ts";
import { openedDevices } from "./opened_devices.ts";

/** A device that is known beforehand. Upstream: a `metal_device` that the program has filled in. */
export interface GenericDevice extends DeviceParts {
  /** Its name on the bus. */
  readonly name: string;
}

/** A bus whose devices the program itself has registered. */
export interface GenericBus extends Bus {
  /**
   * Adds a device. Upstream: `metal_register_generic_device`.
   *
   * @param device The device.
   * @throws {MetalError} `EXISTS` where there is one of that name.
   */
  register(device: GenericDevice): void;
  /**
   * Takes a device out, so that nobody opens it any more.
   *
   * @param name Its name.
   * @throws {MetalError} `NOT_FOUND` where there is none of that name; `BUSY` while it is open.
   */
  unregister(name: string): void;
}

/** What {@linkcode genericBus} needs. */
export interface GenericBusOptions {
  /** Its name. Default `generic`, as upstream. */
  readonly name?: string;
  /** Its devices. */
  readonly devices?: readonly GenericDevice[];
}

/**
 * Makes a bus of devices that are known beforehand. Upstream: the bus "generic", of which there is
 * one a process.
 *
 * @param options Its name and its devices.
 * @returns The bus.
 * @throws {MetalError} `EXISTS` where two devices have one name.
 *
 * @example
 * ```ts
 * import { bufferMemory, genericBus } from "@openamp/libmetal";
 *
 * const registers = bufferMemory({
 *   name: "ipi",
 *   physicalAddress: 0xff310000,
 *   buffer: new SharedArrayBuffer(0x1000),
 *   kind: "device",
 * });
 * const bus = genericBus({ devices: [{ name: "poll_dev", regions: [registers] }] });
 * using device = await bus.open("poll_dev");
 * device.region("ipi").write32(0, 0x01000000);
 * if (registers.read32(0) !== 0x01000000) throw new Error("It is the same region");
 * ```
 */
export function genericBus(options: GenericBusOptions = {}): GenericBus {
  const { name: bus = "generic", devices: initial = [] } = options;
  const devices = new Map<string, GenericDevice>();
  const opened = openedDevices(bus);

  function find(action: string, name: string): GenericDevice {
    const device = devices.get(name);
    if (device !== undefined) return device;
    const present = [...devices.keys()].map((each) => `"${each}"`).join(", ");
    throw new MetalError(
      "NOT_FOUND",
      `${action} device "${name}" of bus "${bus}": it has ${present === "" ? "none" : present}`,
    );
  }

  function register(device: GenericDevice): void {
    if (devices.has(device.name)) {
      throw new MetalError(
        "EXISTS",
        `Register device "${device.name}" on bus "${bus}": it has one of that name already`,
      );
    }
    devices.set(device.name, device);
  }

  for (const device of initial) register(device);
  return {
    name: bus,
    register,
    unregister(name) {
      find("Unregister", name);
      const openings = opened.openings(name);
      if (openings > 0) {
        throw new MetalError(
          "BUSY",
          `Unregister device "${name}" of bus "${bus}": it is open ${openings} times`,
        );
      }
      devices.delete(name);
    },
    open: (name) => opened.open(name, () => find("Open", name)),
    list: () => Promise.resolve([...devices.keys()].sort()),
  };
}
