import type { DeviceRegion } from "../../../device/device.ts";
import type { DeviceParts } from "../../../device/device_parts.ts";
import { MetalError } from "../../../error.ts";
import type { IoRegion } from "../../../io/io_region.ts";
import { LINUX } from "../../libc/linux.ts";
import { descriptorRegion } from "../descriptor_region.ts";
import type { BindingOptions } from "../driver_binding.ts";
import type { Opening } from "../kernel_bus.ts";
import { mapRegion } from "../map_region.ts";
import { keepOpen, openFile, sysfsRule } from "../open_file.ts";
import { type ReleaseStack, releaseStack } from "../release_stack.ts";
import { openUio } from "../uio/open_uio.ts";
import { unreachableRegion } from "../unreachable_region.ts";
import { pinSwitch } from "./pci_config.ts";
import { parseResources, type PciResource } from "./pci_resources.ts";

/**
 * Opens a PCI device that the driver uio_pci_generic has. The driver gives the interrupt pin; the
 * configuration space and the base address registers are files of sysfs.
 *
 * @param opening The device.
 * @returns Its parts: the regions `bar0` to `bar5`, as far as it has them, then `config`; and one
 *   interrupt.
 * @throws {MetalError} As `openUio`; `PERMISSION` where sysfs lets only root map registers.
 */
export async function openPciUio(opening: Opening<BindingOptions>): Promise<DeviceParts> {
  const { libc, sysfs, place, driver, options, logger } = opening;
  const opened = releaseStack();
  try {
    const text = sysfs.text(`${place.folder}/resource`) ?? missing(opening, "resource");
    const bars = parseResources(place.action, text).map((resource) =>
      openResource(opening, resource, opened),
    );
    const config = openConfig(opening, opened);
    const parts = await openUio(libc, sysfs, place, {
      driver,
      wait: options,
      logger,
      regions: [...bars, config],
      control: pinSwitch(config),
    });
    if (parts.release !== undefined) opened.push(parts.release);
    return { ...parts, release: () => opened.release() };
  } catch (cause) {
    opened.release();
    throw cause;
  }
}

function openConfig(opening: Opening<BindingOptions>, opened: ReleaseStack): IoRegion {
  const { libc, sysfs, place } = opening;
  const file = `${place.folder}/config`;
  const rule = sysfsRule(place.name, "config");
  const size = sysfs.size(file) ?? missing(opening, "config");
  const descriptor = openFile(libc, place.action, sysfs.path(file), rule);
  return descriptorRegion(libc, keepOpen(libc, descriptor, opened), {
    name: "config",
    physicalAddress: 0,
    size,
    offset: 0,
    writable: true,
  });
}

function openResource(
  { libc, sysfs, place }: Opening<BindingOptions>,
  { index, kind, start, size }: PciResource,
  opened: ReleaseStack,
): DeviceRegion {
  const name = `bar${index}`;
  const physicalAddress = start;
  const file = `resource${index}`;
  const path = sysfs.path(`${place.folder}/${file}`);
  const rule = sysfsRule(place.name, file);
  if (!sysfs.exists(`${place.folder}/${file}`)) {
    return unreachableRegion(name, start, size, `this kernel has no file "${path}"`);
  }
  const descriptor = openFile(libc, place.action, path, rule);
  if (kind === "ports") {
    return descriptorRegion(libc, keepOpen(libc, descriptor, opened), {
      name,
      physicalAddress,
      size,
      offset: 0,
      writable: true,
    });
  }
  try {
    const action = `${place.action}: register ${index}`;
    const region = mapRegion(libc, action, descriptor, path, {
      name,
      fileOffset: 0,
      // Registers of less than a page lie anywhere in theirs.
      skip: start % libc.sysconf(LINUX._SC_PAGESIZE),
      physicalAddress,
      size,
    });
    opened.push(() => region[Symbol.dispose]());
    return region.memory;
  } finally {
    libc.close(descriptor);
  }
}

function missing({ sysfs, place }: Opening<BindingOptions>, file: string): never {
  const path = sysfs.path(`${place.folder}/${file}`);
  throw new MetalError("NOT_FOUND", `${place.action}: "${path}" is not there`);
}
