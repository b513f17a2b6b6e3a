import type { Bus } from "../../device/bus.ts";
import type { Device } from "../../device/device.ts";
import type { DeviceParts } from "../../device/device_parts.ts";
import { openedDevices } from "../../device/opened_devices.ts";
import { MetalError } from "../../error.ts";
import { type Logger, silentLogger } from "../../log/logger.ts";
import type { Libc } from "../libc/libc.ts";
import { checkBus, type DevicePlace, findDevice } from "./device_place.ts";
import { bindDriver, type BindingOptions, type BoundDriver } from "./driver_binding.ts";
import { releaseStack } from "./release_stack.ts";
import { type Sysfs, sysfsAt } from "./sysfs.ts";

/** What every bus of the kernel takes. */
export interface KernelBusOptions extends Omit<BindingOptions, "driver" | "signal"> {
  /**
   * The folder in which `sys` and `dev` lie. Default `/`. Another one is a made-up tree of a test,
   * in which an ordinary file `dev/uio0` stands for the memory of a device.
   */
  readonly root?: string;
  /** Takes a line where a handler throws. Default: none is written. */
  readonly logger?: Logger;
}

/** A bus of the kernel. */
export interface KernelBus<Options extends BindingOptions = BindingOptions> extends Bus {
  /**
   * Opens a device: gives it one of the drivers through which a program reaches it, waits for the
   * device file, maps its regions and watches its interrupts. While it is open and has an interrupt,
   * it keeps the program alive.
   *
   * @param device Its name.
   * @param options What differs from the options of the bus. Of a device that is open already, those
   *   of its first opening hold.
   * @returns The device, for its opener to close.
   * @throws {MetalError} `NOT_FOUND` for a device, with the names that are near, or for a driver that
   *   is not loaded, with the line to type; `PERMISSION`, with the rule for udev or the right that is
   *   needed; `BUSY` where the device must not be taken, or is open through another driver;
   *   `TIMEOUT`, `ABORTED`; `UNSUPPORTED`; `SYSTEM`.
   */
  open(device: string, options?: Options): Promise<Device>;
}

/** What makes one kind of bus of it. */
export interface KernelBusKind<Options extends BindingOptions> {
  /** The kernel's name of the bus. */
  readonly name: string;
  /** The drivers through which its devices are reached, best first. */
  readonly drivers: readonly string[];
  /** Opens a device that one of them has. */
  readonly open: (opening: Opening<Options>) => Promise<DeviceParts>;
  /** Loads the C library: that of this machine, or one behind which a test has another kernel. */
  readonly loadLibc: () => Promise<Libc>;
}

/** A device that has its driver, about to be opened. */
export interface Opening<Options> {
  /** The C library. */
  readonly libc: Libc;
  /** The device files. */
  readonly sysfs: Sysfs;
  /** The device. */
  readonly place: DevicePlace;
  /** Its driver. */
  readonly driver: string;
  /** What the opener wants. */
  readonly options: Options;
  /** Takes a line where a handler throws. */
  readonly logger: Logger;
}

/**
 * Makes a bus of the kernel. Nothing is touched before the first call.
 *
 * @param kind What kind of bus.
 * @param busOptions Its root, and what holds for all of its devices.
 * @returns The bus.
 */
export function kernelBus<Options extends BindingOptions>(
  kind: KernelBusKind<Options>,
  busOptions: KernelBusOptions,
): KernelBus<Options> {
  const { root = "/", logger = silentLogger, ...binding } = busOptions;
  const { name: bus, drivers } = kind;
  const sysfs = sysfsAt(root);
  const opened = openedDevices(bus);

  async function open(place: DevicePlace, options: Options): Promise<DeviceParts> {
    const opening = releaseStack();
    try {
      // The C library first: where it cannot be called, no driver is changed for nothing.
      const libc = await kind.loadLibc();
      const bound: BoundDriver = await bindDriver(sysfs, place, drivers, options);
      opening.push(bound.release);
      const { driver } = bound;
      const parts = await kind.open({ libc, sysfs, place, driver, options, logger });
      if (parts.release !== undefined) opening.push(parts.release);
      return { ...parts, release: () => opening.release() };
    } catch (cause) {
      opening.abandon();
      throw cause;
    }
  }

  return {
    name: bus,
    async open(name, options) {
      const merged = { ...binding, ...options } as Options;
      const place = findDevice(sysfs, bus, name);
      if (merged.signal?.aborted === true) {
        const { reason: cause } = merged.signal;
        throw new MetalError("ABORTED", `${place.action}: the signal is aborted`, { cause });
      }
      const device = await opened.open(name, () => open(place, merged));
      const { driver } = merged;
      if (driver === undefined || driver === device.driver) return device;
      device.close();
      throw new MetalError(
        "BUSY",
        `${place.action}: it is open through the driver "${device.driver}", not "${driver}"`,
      );
    },
    list() {
      return new Promise((resolve) => {
        checkBus(sysfs, bus);
        resolve(sysfs.list(`/sys/bus/${bus}/devices`) ?? []);
      });
    },
  };
}
