import { MetalError } from "../../error.ts";
import { nearNames } from "./near_names.ts";
import type { Sysfs } from "./sysfs.ts";

/** A device of a bus of the kernel that is there. */
export interface DevicePlace {
  /** The kernel's name of the bus, such as `platform`. */
  readonly bus: string;
  /** The name of the device, such as `f8000000.slcr` or `0000:00:02.0`. */
  readonly name: string;
  /** Its folder below the root. */
  readonly folder: string;
  /** What begins each message: which device is being opened. */
  readonly action: string;
}

/**
 * Refuses a bus that the kernel does not have.
 *
 * @param sysfs The device files.
 * @param bus The kernel's name of the bus.
 * @throws {MetalError} `NOT_FOUND`.
 */
export function checkBus(sysfs: Sysfs, bus: string): void {
  const missing = (what: string, reason: string): never => {
    throw new MetalError("NOT_FOUND", `Find the kernel's bus "${bus}": ${what} ${reason}`);
  };
  if (!sysfs.exists("/sys/bus")) {
    missing(sysfs.path("/sys/bus"), "is not there; mount it with: mount -t sysfs sysfs /sys");
  }
  if (!sysfs.exists(`/sys/bus/${bus}/devices`)) {
    missing(sysfs.path(`/sys/bus/${bus}`), "is not there: this kernel or machine has no such bus");
  }
}

/**
 * Finds a device.
 *
 * @param sysfs The device files.
 * @param bus The kernel's name of the bus.
 * @param name The name of the device.
 * @returns Where it is.
 * @throws {MetalError} `INVALID_ARGUMENT` for what is no name; `NOT_FOUND` where there is no such
 *   bus or device, with the names that are near.
 */
export function findDevice(sysfs: Sysfs, bus: string, name: string): DevicePlace {
  const action = `Open device "${name}" of bus "${bus}"`;
  // A device is a folder of one folder: no name leads out of it.
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) {
    throw new MetalError("INVALID_ARGUMENT", `${action}: that is no name of a device`);
  }
  checkBus(sysfs, bus);
  const folder = `/sys/bus/${bus}/devices/${name}`;
  if (sysfs.exists(folder)) return { bus, name, folder, action };
  const near = nearNames(name, sysfs.list(`/sys/bus/${bus}/devices`) ?? []);
  const found = near.map((each) => `"${each}"`).join(", ");
  throw new MetalError(
    "NOT_FOUND",
    `${action}: there is none of that name, but ${found === "" ? "no other either" : found}`,
  );
}
