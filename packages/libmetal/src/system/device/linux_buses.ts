import { type BusRegistry, busRegistry } from "../../device/bus_registry.ts";
import type { Bus } from "../../device/bus.ts";
import { genericBus } from "../../device/generic_bus.ts";
import type { KernelBusOptions } from "./kernel_bus.ts";
import { pciBus } from "./pci_bus.ts";
import { platformBus } from "./platform_bus.ts";

/**
 * The buses of a Linux machine: `generic`, `platform` and `pci`. One that the kernel does not have is
 * left out, with a line in the log, and stops nothing else; `find` tells why. Upstream:
 * `metal_linux_bus_init`, which gives up at the first one.
 *
 * @param options What holds for all devices, and where lines go.
 * @returns The registry, to which others can be added.
 *
 * @example
 * ```ts
 * import { linuxBuses } from "@openamp/libmetal/system";
 *
 * const buses = await linuxBuses({ root: "/no/such/root" });
 * if (buses.list().join() !== "generic") throw new Error("What needs no kernel is there");
 * if (!buses.failures().has("pci")) throw new Error("What is missing is known");
 * ```
 */
export async function linuxBuses(options: KernelBusOptions = {}): Promise<BusRegistry> {
  const { logger } = options;
  const buses = busRegistry(logger === undefined ? {} : { logger });
  buses.register(genericBus());
  for (const bus of [platformBus(options), pciBus(options)]) {
    await buses.tryRegister(bus.name, () => present(bus));
  }
  return buses;
}

/** The bus, once the kernel has listed its devices. */
async function present(bus: Bus): Promise<Bus> {
  await bus.list();
  return bus;
}
