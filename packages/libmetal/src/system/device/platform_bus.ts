import { type Libc, loadLibc } from "../libc/libc.ts";
import type { BindingOptions } from "./driver_binding.ts";
import { type KernelBus, kernelBus, type KernelBusOptions } from "./kernel_bus.ts";
import { openUio } from "./uio/open_uio.ts";

/**
 * The devices of a chip as the kernel's platform bus has them, reached through the UIO drivers
 * `uio_pdrv_genirq` and `uio_dmem_genirq`. Upstream: the bus "platform" of its Linux system.
 *
 * The regions are the maps of the driver, mapped here, of kind `device`. The interrupt is the one of
 * the driver, which masks its line at each event: remove the cause in the device, then call
 * `acknowledge()`. Properties are those of the device tree.
 *
 * A device keeps the UIO driver that it was given, so that the program that opens it next needs no
 * root, unless `restore` is asked for.
 *
 * @param options The root, and what holds for all of its devices.
 * @returns The bus. Nothing is touched before its first call.
 *
 * @example
 * ```ts
 * import { platformBus } from "@openamp/libmetal/system";
 *
 * const bus = platformBus({ root: "/no/such/root" });
 * const failure = await bus.open("f8000000.slcr").catch((error: Error) => error.message);
 * if (!String(failure).includes("mount -t sysfs")) throw new Error("The error has the way out");
 * ```
 */
export function platformBus(options: KernelBusOptions = {}): KernelBus {
  return platformBusOver(loadLibc, options);
}

/**
 * The same over another C library.
 *
 * @param library Loads it.
 * @param options The root, and what holds for all of its devices.
 * @returns The bus.
 */
export function platformBusOver(
  library: () => Promise<Libc>,
  options: KernelBusOptions,
): KernelBus {
  return kernelBus<BindingOptions>(
    {
      name: "platform",
      loadLibc: library,
      drivers: ["uio_pdrv_genirq", "uio_dmem_genirq"],
      open: ({ libc, sysfs, place, driver, options: wait, logger }) =>
        openUio(libc, sysfs, place, { driver, wait, logger }),
    },
    options,
  );
}
