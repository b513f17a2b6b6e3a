import type { DeviceParts } from "../../../device/device_parts.ts";
import { MetalError } from "../../../error.ts";
import type { BindingOptions } from "../driver_binding.ts";
import type { Opening } from "../kernel_bus.ts";
import { ofNodeProperties } from "../of_node.ts";
import { setBusMaster } from "../pci/pci_config.ts";
import { parseResources } from "../pci/pci_resources.ts";
import { releaseStack } from "../release_stack.ts";
import { tell } from "./ask.ts";
import { member, structure } from "./structure.ts";
import { VFIO, VFIO_DEVICE_INFO } from "./vfio_layouts.ts";
import type { VfioGroups } from "./vfio_container.ts";
import { vfioDma } from "./vfio_dma.ts";
import { openVfioInterrupts, type PciInterruptOptions } from "./vfio_interrupts.ts";
import { openVfioRegions } from "./vfio_regions.ts";

/**
 * Opens a PCI device that the driver vfio-pci has (kernel: Documentation/driver-api/vfio).
 *
 * @param opening The device.
 * @param groups The groups of its bus.
 * @param wanted Which interrupts to use.
 * @returns Its parts: the regions `bar0` to `bar5`, as far as it has them, then `config`; its
 *   interrupts; and `dma`.
 * @throws {MetalError} As `VfioGroups.open`; `UNSUPPORTED` for a device that is no PCI device, or has
 *   not the interrupts that were asked for.
 */
export async function openVfio(
  opening: Opening<BindingOptions>,
  groups: VfioGroups,
  wanted: PciInterruptOptions,
): Promise<DeviceParts> {
  const { libc, sysfs, place, driver, logger } = opening;
  const { name, folder, action } = place;
  const opened = releaseStack();
  try {
    const file = groups.open(place);
    opened.push(() => file[Symbol.dispose]());

    const info = structure(VFIO_DEVICE_INFO);
    tell(libc, action, file.descriptor, VFIO.VFIO_DEVICE_GET_INFO, info);
    const flags = member(VFIO_DEVICE_INFO, info, "flags");
    if ((flags & VFIO.VFIO_DEVICE_FLAGS_PCI) === 0) {
      throw new MetalError("UNSUPPORTED", `${action}: for VFIO it is no PCI device`);
    }
    const bars = parseResources(action, sysfs.text(`${folder}/resource`) ?? "");
    const regions = openVfioRegions(
      libc,
      {
        action,
        file,
        count: member(VFIO_DEVICE_INFO, info, "num_regions"),
        physicalAddress: (bar) => bars.find(({ index }) => index === bar)?.start ?? 0,
      },
      opened,
    );
    const config = regions.find((region) => region.name === "config");
    const beginTransfers = (): void => {
      // VFIO hands a device over with its transfers switched off.
      if (config !== undefined) setBusMaster(config, true);
    };
    const interrupts = await openVfioInterrupts(
      libc,
      {
        action,
        descriptor: file.descriptor,
        count: member(VFIO_DEVICE_INFO, info, "num_irqs"),
        wanted,
        beginMessages: beginTransfers,
        logger,
      },
      opened,
    );
    const canReset = (flags & VFIO.VFIO_DEVICE_FLAGS_RESET) !== 0;
    return {
      driver,
      regions,
      interrupts,
      properties: ofNodeProperties(sysfs, place),
      dma: vfioDma(libc, `device "${name}"`, file.container, opened, beginTransfers),
      ...(canReset
        ? {
            reset: () =>
              void tell(libc, `Reset device "${name}"`, file.descriptor, VFIO.VFIO_DEVICE_RESET, 0),
          }
        : {}),
      release: () => opened.release(),
    };
  } catch (cause) {
    opened.abandon();
    throw cause;
  }
}
