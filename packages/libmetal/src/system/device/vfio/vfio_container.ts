import { MetalError } from "../../../error.ts";
import { cString } from "../../libc/c_string.ts";
import type { Libc } from "../../libc/libc.ts";
import { LINUX } from "../../libc/linux.ts";
import type { DevicePlace } from "../device_place.ts";
import { type OpenFile, openFile, udevRule } from "../open_file.ts";
import type { Sysfs } from "../sysfs.ts";
import { askWithCapabilities, tell } from "./ask.ts";
import { findCapability } from "./capabilities.ts";
import { type AddressRange, type IovaSpace, iovaSpace } from "./iova_space.ts";
import { member, structure } from "./structure.ts";
import {
  VFIO,
  VFIO_GROUP_STATUS,
  VFIO_IOMMU_TYPE1_INFO,
  VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE_LAYOUT as IOVA_RANGES,
  VFIO_IOVA_RANGE,
} from "./vfio_layouts.ts";

/** Devices that share one translation of addresses. */
export interface VfioContainer {
  /** Its file. */
  readonly descriptor: number;
  /** The smallest unit of memory that can be mapped, in bytes. */
  readonly granule: number;
  /** The addresses of its devices. */
  readonly addresses: IovaSpace;
}

/** A device that was taken out of its group. */
export interface VfioDeviceFile extends OpenFile, Disposable {
  /** What it shares with the other devices of its bus. */
  readonly container: VfioContainer;
}

/** The groups of one bus that are open, all in one container. */
export interface VfioGroups {
  /**
   * Opens a device: its group, where that is not open yet, and the container before that.
   *
   * @param place The device.
   * @returns Its file. Closing the last one of a group closes the group, and the last group the
   *   container.
   * @throws {MetalError} `UNSUPPORTED` without an IOMMU; `BUSY` where the group is not viable, or is
   *   another program's; `PERMISSION`; `NOT_FOUND` where VFIO is not loaded; `SYSTEM`.
   */
  open(place: DevicePlace): VfioDeviceFile;
}

interface Group {
  readonly descriptor: number;
  readonly container: VfioContainer;
  devices: number;
}

/** Where no range is told: below the window of the interrupts of x86-64. */
const USUAL_RANGE: AddressRange = { start: 0, end: 0xfee00000 };

/**
 * Makes the groups of a bus, with none open.
 *
 * @param libc The C library.
 * @param sysfs The device files.
 */
export function vfioGroups(libc: Libc, sysfs: Sysfs): VfioGroups {
  const groups = new Map<string, Group>();
  let container: VfioContainer | undefined;

  function openGroup(place: DevicePlace, number: string): Group {
    const { action } = place;
    const path = `/dev/vfio/${number}`;
    const file = container?.descriptor ?? openContainer(libc, sysfs, action);
    let descriptor = -1;
    try {
      descriptor = openFile(libc, action, sysfs.path(path), udevRule("vfio"));
      checkViable(libc, sysfs, action, descriptor, number);
      const argument = new Uint8Array(new Int32Array([file]).buffer);
      tell(libc, action, descriptor, VFIO.VFIO_GROUP_SET_CONTAINER, argument);
      container ??= setIommu(libc, action, file);
    } catch (cause) {
      if (descriptor !== -1) libc.close(descriptor);
      if (container === undefined) libc.close(file);
      throw cause;
    }
    const group: Group = { descriptor, container, devices: 0 };
    groups.set(number, group);
    return group;
  }

  function leave(number: string, group: Group): void {
    if (group.devices > 0) return;
    groups.delete(number);
    // Its last descriptor that closes takes a group out of its container.
    libc.close(group.descriptor);
    if (groups.size > 0) return;
    libc.close(group.container.descriptor);
    container = undefined;
  }

  return {
    open(place) {
      const { name, folder, action } = place;
      const number = sysfs.link(`${folder}/iommu_group`);
      if (number === undefined) {
        throw new MetalError(
          "UNSUPPORTED",
          `${action}: no IOMMU translates for it. Switch it on in the firmware's set-up and on the ` +
            "kernel's command line (Intel: intel_iommu=on), or use the driver uio_pci_generic, " +
            "which needs none",
        );
      }
      const group = groups.get(number) ?? openGroup(place, number);
      const bytes = cString(name);
      let descriptor: number;
      try {
        descriptor = tell(
          libc,
          action,
          group.descriptor,
          VFIO.VFIO_GROUP_GET_DEVICE_FD,
          bytes,
          (errno) =>
            errno === LINUX.ENODEV
              ? `it is not in group ${number} any more, or not bound`
              : undefined,
        );
      } catch (cause) {
        leave(number, group);
        throw cause;
      }
      group.devices++;
      const closing = new AbortController();
      return {
        descriptor,
        closed: closing.signal,
        container: group.container,
        [Symbol.dispose]() {
          closing.abort();
          libc.close(descriptor);
          group.devices--;
          leave(number, group);
        },
      };
    },
  };
}

function openContainer(libc: Libc, sysfs: Sysfs, action: string): number {
  const path = "/dev/vfio/vfio";
  if (!sysfs.exists(path)) {
    throw new MetalError(
      "NOT_FOUND",
      `${action}: "${sysfs.path(path)}" is not there; type as root: modprobe vfio-pci`,
    );
  }
  const descriptor = openFile(libc, action, sysfs.path(path), udevRule("vfio"));
  try {
    const version = tell(libc, action, descriptor, VFIO.VFIO_GET_API_VERSION, 0);
    const type1 = tell(
      libc,
      action,
      descriptor,
      VFIO.VFIO_CHECK_EXTENSION,
      VFIO.VFIO_TYPE1v2_IOMMU,
    );
    if (version !== VFIO.VFIO_API_VERSION) {
      throw new MetalError(
        "UNSUPPORTED",
        `${action}: VFIO has version ${version} here, and ${VFIO.VFIO_API_VERSION} is known`,
      );
    }
    if (type1 === 0) {
      throw new MetalError(
        "UNSUPPORTED",
        `${action}: VFIO has no IOMMU of type 1 v2; type as root: modprobe vfio_iommu_type1`,
      );
    }
    return descriptor;
  } catch (cause) {
    libc.close(descriptor);
    throw cause;
  }
}

function checkViable(
  libc: Libc,
  sysfs: Sysfs,
  action: string,
  descriptor: number,
  number: string,
): void {
  const status = structure(VFIO_GROUP_STATUS);
  tell(libc, action, descriptor, VFIO.VFIO_GROUP_GET_STATUS, status);
  if ((member(VFIO_GROUP_STATUS, status, "flags") & VFIO.VFIO_GROUP_FLAGS_VIABLE) !== 0) return;
  const folder = `/sys/kernel/iommu_groups/${number}/devices`;
  const others = (sysfs.list(folder) ?? []).map((name) => {
    const driver = sysfs.link(`${folder}/${name}/driver`);
    return driver === undefined ? name : `${name} (${driver})`;
  });
  throw new MetalError(
    "BUSY",
    `${action}: its group ${number} is not viable, since a driver of the kernel has a device in it. ` +
      `Unbind each that is not bridge or root port, or give it vfio-pci: ${others.join(", ")}`,
  );
}

function setIommu(libc: Libc, action: string, descriptor: number): VfioContainer {
  tell(libc, action, descriptor, VFIO.VFIO_SET_IOMMU, VFIO.VFIO_TYPE1v2_IOMMU, (errno) =>
    errno === LINUX.EPERM
      ? "the IOMMU does not translate interrupts. Where every device is trusted, type as root: " +
        "modprobe vfio_iommu_type1 allow_unsafe_interrupts=1"
      : undefined,
  );
  const layout = VFIO_IOMMU_TYPE1_INFO;
  const info = askWithCapabilities(
    libc,
    action,
    descriptor,
    VFIO.VFIO_IOMMU_GET_INFO,
    layout,
    (tail) => structure(layout, {}, tail),
  );
  const flags = member(layout, info, "flags");
  const page = libc.sysconf(LINUX._SC_PAGESIZE);
  const granule =
    (flags & VFIO.VFIO_IOMMU_INFO_PGSIZES) === 0 ? page : Math.max(page, smallestPage(info));
  const chain = (flags & VFIO.VFIO_IOMMU_INFO_CAPS) === 0 ? 0 : member(layout, info, "cap_offset");
  return { descriptor, granule, addresses: iovaSpace(readRanges(info, chain), granule) };
}

/** The lowest bit of the sizes, each of which is a power of two. */
function smallestPage(info: Uint8Array): number {
  const { offset } = VFIO_IOMMU_TYPE1_INFO.fields.iova_pgsizes;
  const sizes = new DataView(info.buffer, info.byteOffset).getBigUint64(offset, true);
  return Number(sizes & -sizes);
}

function readRanges(info: Uint8Array, chain: number): readonly AddressRange[] {
  const id = VFIO.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
  const at = findCapability(info, VFIO_IOMMU_TYPE1_INFO, chain, id);
  if (at === undefined) return [USUAL_RANGE];
  const count = member(IOVA_RANGES, info, "nr_iovas", at);
  const room = Math.floor((info.length - at - IOVA_RANGES.size) / VFIO_IOVA_RANGE.size);
  return Array.from({ length: Math.min(count, room) }, (_, index) => {
    const range = at + IOVA_RANGES.size + index * VFIO_IOVA_RANGE.size;
    const bounds = new DataView(info.buffer, info.byteOffset + range);
    const { start, end } = VFIO_IOVA_RANGE.fields;
    return {
      start: exact(bounds.getBigUint64(start.offset, true)),
      // The kernel names the last address.
      end: exact(bounds.getBigUint64(end.offset, true) + 1n),
    };
  });
}

/** Addresses beyond 2^53 - 1 are never used here. */
function exact(address: bigint): number {
  return Number(address > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : address);
}
