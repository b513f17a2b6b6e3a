import { MetalError } from "../../error.ts";
import type { WaitOptions } from "../../time/clock.ts";
import { LINUX } from "../libc/linux.ts";
import type { DevicePlace } from "./device_place.ts";
import { loadModule } from "./load_module.ts";
import type { Sysfs } from "./sysfs.ts";
import { waitUntil } from "./waiting.ts";

/** How a device gets its driver. */
export interface BindingOptions extends WaitOptions {
  /** The driver of the kernel. Default: the one that it has, where the bus knows that one; else the
   * first known one that is loaded. */
  readonly driver?: string | undefined;
  /**
   * Whether a device is taken from another driver. False: that is `BUSY`. Default true, as upstream
   * does without asking: **a disk that the machine runs from can be taken away like that.**
   */
  readonly takeOver?: boolean;
  /**
   * Whether a driver that is missing is loaded, by modprobe(8) as this user, or by a function that is
   * called with the name of each module. Default false: the error then says what to type.
   */
  readonly loadDriver?: boolean | ((module: string, options: WaitOptions) => Promise<void>);
  /**
   * Whether closing gives the device back to the driver that it had, and puts `driver_override`
   * back. Default false, as upstream: the device keeps its new driver, ready for the next opening.
   */
  readonly restore?: boolean;
}

/** The modules of a driver that has more than one. Without the first, VFIO finds no IOMMU. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  "vfio-pci": ["vfio_iommu_type1", "vfio-pci"],
};

/** A driver that has the device. */
export interface BoundDriver {
  /** Its name. */
  readonly driver: string;
  /** Puts back what was changed, where that was asked for. */
  readonly release: () => void;
}

/**
 * Gives a device to one of the drivers through which a program reaches it, by `driver_override`,
 * `unbind` and `bind` (kernel: Documentation/ABI/testing/sysfs-bus-pci, sysfs-platform).
 *
 * @param sysfs The device files.
 * @param place The device.
 * @param known The drivers that will do, best first.
 * @param options Which one, and what may be done for it.
 * @returns The driver, bound.
 * @throws {MetalError} `NOT_FOUND` where the driver is not loaded; `BUSY` where another one has the
 *   device and must not be disturbed; `PERMISSION` without root; `TIMEOUT`, `ABORTED`; `SYSTEM`
 *   where the driver refuses the device. What was changed before is put back.
 */
export async function bindDriver(
  sysfs: Sysfs,
  place: DevicePlace,
  known: readonly string[],
  options: BindingOptions,
): Promise<BoundDriver> {
  const { folder, action } = place;
  const present = sysfs.link(`${folder}/driver`);
  const driver = options.driver ?? choose(sysfs, place, known, present);
  if (!known.includes(driver)) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: driver "${driver}" is not one of ${known.join(", ")}`,
    );
  }
  if (present === driver) return { driver, release: () => {} };
  if (present !== undefined && options.takeOver === false) {
    throw new MetalError(
      "BUSY",
      `${action}: the driver "${present}" has it; to take it away, pass takeOver: true`,
    );
  }
  await ensureDriver(sysfs, place, driver, options);

  const override = readOverride(sysfs, place);
  const restore = (): void => {
    const now = sysfs.link(`${folder}/driver`);
    if (now !== undefined && now !== present) order(sysfs, place, now, "unbind");
    writeOverride(sysfs, place, override);
    if (present !== undefined && now !== present) order(sysfs, place, present, "bind");
  };
  try {
    // First, so that no other driver takes it between the two that follow.
    writeOverride(sysfs, place, driver);
    if (present !== undefined) {
      order(sysfs, place, present, "unbind");
      const gone = (): boolean | undefined =>
        sysfs.link(`${folder}/driver`) === present ? undefined : true;
      await waitUntil(`${action}: wait until "${present}" has let it go`, gone, options);
    }
    if (sysfs.link(`${folder}/driver`) !== driver) order(sysfs, place, driver, "bind");
    const bound = (): boolean | undefined =>
      sysfs.link(`${folder}/driver`) === driver ? true : undefined;
    await waitUntil(`${action}: wait until "${driver}" has it`, bound, options);
  } catch (cause) {
    try {
      restore();
    } catch {
      // The first failure says more than what could not be put back after it.
    }
    throw cause;
  }
  return { driver, release: options.restore === true ? restore : () => {} };
}

function choose(
  sysfs: Sysfs,
  { bus }: DevicePlace,
  known: readonly string[],
  present: string | undefined,
): string {
  if (present !== undefined && known.includes(present)) return present;
  return known.find((name) => sysfs.exists(`/sys/bus/${bus}/drivers/${name}`)) ?? known[0]!;
}

async function ensureDriver(
  sysfs: Sysfs,
  { bus, action }: DevicePlace,
  driver: string,
  { loadDriver = false, timeout, signal }: BindingOptions,
): Promise<void> {
  const path = `/sys/bus/${bus}/drivers/${driver}`;
  if (sysfs.exists(path)) return;
  const wait = { timeout, signal };
  if (loadDriver === false) {
    throw new MetalError(
      "NOT_FOUND",
      `${action}: the driver "${driver}" is not loaded; type as root: modprobe ${driver}, ` +
        `or pass loadDriver: true`,
    );
  }
  const load = loadDriver === true ? loadModule : loadDriver;
  for (const module of MODULES[driver] ?? [driver]) await load(module, wait);
  const loaded = (): boolean | undefined => (sysfs.exists(path) ? true : undefined);
  await waitUntil(`${action}: wait for the driver "${driver}"`, loaded, wait);
}

/** What `driver_override` says; empty where it says nothing. */
function readOverride(sysfs: Sysfs, { folder, action }: DevicePlace): string {
  const override = sysfs.text(`${folder}/driver_override`);
  if (override === undefined) {
    throw new MetalError(
      "UNSUPPORTED",
      `${action}: "${sysfs.path(`${folder}/driver_override`)}" is not there; ` +
        "Linux has it since version 3.17",
    );
  }
  return override === "(null)" ? "" : override;
}

function writeOverride(sysfs: Sysfs, { folder, action }: DevicePlace, driver: string): void {
  sysfs.write(action, `${folder}/driver_override`, `${driver}\n`, bindingHint);
}

function order(
  sysfs: Sysfs,
  { bus, name, action }: DevicePlace,
  driver: string,
  what: "bind" | "unbind",
): void {
  sysfs.write(action, `/sys/bus/${bus}/drivers/${driver}/${what}`, name, bindingHint);
}

function bindingHint(errno: number): string {
  switch (errno) {
    case LINUX.EACCES:
    case LINUX.EPERM:
      return "to give a device another driver takes root; or give it beforehand, with driverctl(8)";
    case LINUX.EROFS:
      return "sysfs is mounted read-only, as in a container: give the driver outside";
    default:
      return "the driver refuses the device; the kernel's log has its reason: dmesg";
  }
}
