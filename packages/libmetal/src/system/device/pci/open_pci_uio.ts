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
import type { ReleaseStack } from "../release_stack.ts";
import { openUio } from "../uio/open_uio.ts";
import type { InterruptSwitch } from "../uio/uio_interrupt.ts";
import { unreachableRegion } from "../unreachable_region.ts";
import { pinSwitch } from "./pci_config.ts";
import { parseResources, type PciResource } from "./pci_resources.ts";

/**
 * Opens a PCI device that the driver uio_pci_generic has. The driver gives the interrupt pin, and in
 * newer kernels the registers; where it does not, they are files of sysfs, as the configuration space
 * always is.
 *
 * @param opening The device.
 * @returns Its parts: the regions `bar0` to `bar5`, as far as it has them, then `config`; and one
 *   interrupt.
 * @throws {MetalError} As `openUio`; `PERMISSION` where sysfs lets only root map registers.
 */
export async function openPciUio(opening: Opening<BindingOptions>): Promise<DeviceParts> {
  const { libc, sysfs, place, driver, options, logger } = opening;
  return openUio(libc, sysfs, place, {
    driver,
    wait: options,
    logger,
    busParts(take, opened) {
      const text = sysfs.text(`${place.folder}/resource`) ?? missing(opening, "resource");
      const registers = parseResources(place.action, text).map(
        (resource) =>
          take({ ...resource, name: nameOf(resource), address: resource.start }) ??
          openResource(opening, resource, opened),
      );
      const { config, control } = openConfig(opening, opened);
      return { regions: [...registers, config], control };
    },
  });
}

function nameOf({ index }: PciResource): string {
  return `bar${index}`;
}

/** The configuration space, and the switch of the interrupt pin, which is a bit of it. */
function openConfig(
  opening: Opening<BindingOptions>,
  opened: ReleaseStack,
): { readonly config: IoRegion; readonly control: InterruptSwitch } {
  const { libc, sysfs, place } = opening;
  const file = `${place.folder}/config`;
  const size = sysfs.size(file) ?? missing(opening, "config");
  const rule = sysfsRule(place.name, "config");
  const path = sysfs.path(file);
  let refusal: MetalError | undefined;
  let descriptor: number;
  try {
    descriptor = openFile(libc, place.action, path, rule);
  } catch (cause) {
    if (!(cause instanceof MetalError) || cause.code !== "PERMISSION") throw cause;
    // Only root may write it. Others read it, and reach the registers all the same.
    refusal = cause;
    descriptor = openFile(libc, place.action, path, rule, LINUX.O_RDONLY);
  }
  const config = descriptorRegion(libc, keepOpen(libc, descriptor, opened), {
    name: "config",
    physicalAddress: 0,
    size,
    offset: 0,
    writable: refusal === undefined,
  });
  const cause = refusal;
  if (cause === undefined) return { config, control: pinSwitch(config) };
  return {
    config,
    control() {
      const message = `Switch the interrupt of device "${place.name}": ${cause.message}`;
      throw new MetalError("PERMISSION", message, { cause });
    },
  };
}

function openResource(
  { libc, sysfs, place }: Opening<BindingOptions>,
  resource: PciResource,
  opened: ReleaseStack,
): DeviceRegion {
  const { index, kind, start, size } = resource;
  const name = nameOf(resource);
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
    const mapped = mapRegion(libc, action, descriptor, path, {
      name,
      fileOffset: 0,
      // Registers of less than a page lie anywhere in theirs.
      skip: start % libc.sysconf(LINUX._SC_PAGESIZE),
      physicalAddress,
      size,
    });
    opened.push(() => mapped[Symbol.dispose]());
    return mapped.region;
  } finally {
    libc.close(descriptor);
  }
}

function missing({ sysfs, place }: Opening<BindingOptions>, file: string): never {
  const path = sysfs.path(`${place.folder}/${file}`);
  throw new MetalError("NOT_FOUND", `${place.action}: "${path}" is not there`);
}
