import type { DeviceRegion } from "../../../device/device.ts";
import type { Libc } from "../../libc/libc.ts";
import { descriptorRegion } from "../descriptor_region.ts";
import { mapRegion } from "../map_region.ts";
import type { OpenFile } from "../open_file.ts";
import type { ReleaseStack } from "../release_stack.ts";
import { askWithCapabilities } from "./ask.ts";
import { findCapability } from "./capabilities.ts";
import { member, structure } from "./structure.ts";
import {
  VFIO,
  VFIO_REGION_INFO,
  VFIO_REGION_INFO_CAP_SPARSE_MMAP as SPARSE_MMAP,
  VFIO_REGION_SPARSE_MMAP_AREA as AREA,
} from "./vfio_layouts.ts";

/** A device whose regions are opened. */
export interface VfioRegionsOptions {
  /** What is attempted, on what. */
  readonly action: string;
  /** The file of the device. */
  readonly file: OpenFile;
  /** How many regions it has. */
  readonly count: number;
  /** The physical address of a base address register, for look-ups; 0 where it is not known. */
  readonly physicalAddress: (bar: number) => number;
}

/**
 * Opens the base address registers and the configuration space of a PCI device: what can be mapped
 * as a whole is mapped, the rest is read and written by calls.
 *
 * @param libc The C library.
 * @param options The device.
 * @param opened What closes the mappings.
 * @returns `bar0` to `bar5`, as far as it has them, then `config`.
 * @throws {MetalError} What the kernel refuses.
 */
export function openVfioRegions(
  libc: Libc,
  options: VfioRegionsOptions,
  opened: ReleaseStack,
): readonly DeviceRegion[] {
  const { action, file, count, physicalAddress } = options;
  const { descriptor } = file;
  const regions: DeviceRegion[] = [];
  for (let index = 0; index < count; index++) {
    const bar = index <= VFIO.VFIO_PCI_BAR5_REGION_INDEX;
    if (!bar && index !== VFIO.VFIO_PCI_CONFIG_REGION_INDEX) continue;
    const info = askWithCapabilities(
      libc,
      `${action}: region ${index}`,
      descriptor,
      VFIO.VFIO_DEVICE_GET_REGION_INFO,
      VFIO_REGION_INFO,
      (tail) => structure(VFIO_REGION_INFO, { index }, tail),
    );
    const size = member(VFIO_REGION_INFO, info, "size");
    if (size === 0) continue;
    const flags = member(VFIO_REGION_INFO, info, "flags");
    const place = {
      name: bar ? `bar${index}` : "config",
      physicalAddress: bar ? physicalAddress(index) : 0,
      size,
    };
    const offset = member(VFIO_REGION_INFO, info, "offset");
    if (mappable(info, flags, size)) {
      const mapped = mapRegion(libc, `${action}: region ${index}`, descriptor, place.name, {
        ...place,
        fileOffset: offset,
      });
      opened.push(() => mapped[Symbol.dispose]());
      regions.push(mapped.region);
    } else {
      const writable = (flags & VFIO.VFIO_REGION_INFO_FLAG_WRITE) !== 0;
      regions.push(descriptorRegion(libc, file, { ...place, offset, writable }));
    }
  }
  return regions;
}

/** Whether all of a region can be mapped for reading and writing. */
function mappable(info: Uint8Array, flags: number, size: number): boolean {
  const needed =
    VFIO.VFIO_REGION_INFO_FLAG_READ |
    VFIO.VFIO_REGION_INFO_FLAG_WRITE |
    VFIO.VFIO_REGION_INFO_FLAG_MMAP;
  if ((flags & needed) !== needed) return false;
  const first =
    (flags & VFIO.VFIO_REGION_INFO_FLAG_CAPS) === 0
      ? 0
      : member(VFIO_REGION_INFO, info, "cap_offset");
  const at = findCapability(info, VFIO_REGION_INFO, first, VFIO.VFIO_REGION_INFO_CAP_SPARSE_MMAP);
  // Some kernels leave the page of the MSI-X table out.
  if (at === undefined) return true;
  if (member(SPARSE_MMAP, info, "nr_areas", at) !== 1) return false;
  const area = at + SPARSE_MMAP.size;
  return member(AREA, info, "offset", area) === 0 && member(AREA, info, "size", area) >= size;
}
