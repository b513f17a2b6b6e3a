import { type Libc, loadLibc } from "../libc/libc.ts";
import type { BindingOptions } from "./driver_binding.ts";
import { type KernelBus, kernelBus, type KernelBusOptions } from "./kernel_bus.ts";
import { openPciUio } from "./pci/open_pci_uio.ts";
import type { Sysfs } from "./sysfs.ts";
import { openVfio } from "./vfio/open_vfio.ts";
import { type VfioGroups, vfioGroups } from "./vfio/vfio_container.ts";
import type { PciInterruptOptions } from "./vfio/vfio_interrupts.ts";

/** How a PCI device is opened. */
export interface PciOpenOptions extends BindingOptions {
  /**
   * Which interrupts are used, with the driver `vfio-pci`; `uio_pci_generic` has the pin only.
   * Default: one, the first of `msix`, `msi` and `intx` that the device has.
   */
  readonly interrupts?: PciInterruptOptions;
}

/**
 * The devices of the kernel's PCI bus, reached through `uio_pci_generic` or `vfio-pci`. Upstream: the
 * bus "pci" of its Linux system, whose VFIO is a name without code.
 *
 * Regions are `bar0` to `bar5`, as far as the device has them, and `config`, the configuration space.
 * With `uio_pci_generic` there is one interrupt, the pin, which the driver masks at each event. With
 * `vfio-pci` the device is confined by the IOMMU: there are messages as interrupts (`msi0` …), a
 * reset, and `dma`, through which memory is shown to the device. All devices that one bus has open
 * through `vfio-pci` see the same memory.
 *
 * @param options The root, and what holds for all of its devices.
 * @returns The bus. Nothing is touched before its first call.
 *
 * @example
 * ```ts
 * import { pciBus } from "@openamp/libmetal/system";
 *
 * const bus = pciBus({ root: "/no/such/root" });
 * const failure = await bus.open("0000:00:04.0", { driver: "vfio-pci" }).catch(String);
 * if (!String(failure).includes("mount -t sysfs")) throw new Error("The error has the way out");
 * ```
 */
export function pciBus(options: KernelBusOptions = {}): KernelBus<PciOpenOptions> {
  return pciBusOver(loadLibc, options);
}

/**
 * The same over another C library.
 *
 * @param library Loads it.
 * @param options The root, and what holds for all of its devices.
 * @returns The bus.
 */
export function pciBusOver(
  library: () => Promise<Libc>,
  options: KernelBusOptions,
): KernelBus<PciOpenOptions> {
  let groups: VfioGroups | undefined;
  const groupsOf = (libc: Libc, sysfs: Sysfs): VfioGroups => (groups ??= vfioGroups(libc, sysfs));
  return kernelBus<PciOpenOptions>(
    {
      name: "pci",
      loadLibc: library,
      drivers: ["uio_pci_generic", "vfio-pci"],
      open: (opening) =>
        opening.driver === "vfio-pci"
          ? openVfio(
              opening,
              groupsOf(opening.libc, opening.sysfs),
              opening.options.interrupts ?? {},
            )
          : openPciUio(opening),
    },
    options,
  );
}
