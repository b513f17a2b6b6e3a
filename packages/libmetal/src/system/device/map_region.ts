import type { DeviceRegion } from "../../device/device.ts";
import { MetalError } from "../../error.ts";
import { subRegion } from "../../memory/sub_region.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { mapDescriptor } from "../memory/shared_mapping.ts";
import { unreachableRegion } from "./unreachable_region.ts";

/** Registers or memory of a device, in a file that can be mapped. */
export interface MapRegionOptions {
  /** The name, for messages and look-ups. */
  readonly name: string;
  /** Where the mapping starts in the file: a multiple of the page size. */
  readonly fileOffset: number;
  /** Bytes from there to the first one of the region: a multiple of 8. Default 0. */
  readonly skip?: number;
  /** The physical address of the first byte of the region. */
  readonly physicalAddress: number;
  /** Bytes of the region. */
  readonly size: number;
}

/** A region that is mapped. */
export interface MappedRegion extends Disposable {
  /** Its bytes, of kind `device`; or, where there are too many to map, a region that says so. */
  readonly region: DeviceRegion;
}

/** No runtime makes a buffer over more. */
const LARGEST = 2 ** 32;

/**
 * Maps a region of a device. One of more than 4 GiB is none that could be reached, and no reason not
 * to reach the others.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param descriptor The file. It may be closed afterwards.
 * @param path Its path, for messages.
 * @param options Its place.
 * @returns The mapping.
 * @throws {MetalError} `INVALID_ARGUMENT` for a region of less than a word; `MISALIGNED` for one that
 *   does not begin at a multiple of 8; what `mapDescriptor` throws.
 */
export function mapRegion(
  libc: Libc,
  action: string,
  descriptor: number,
  path: string,
  options: MapRegionOptions,
): MappedRegion {
  const { name, fileOffset, skip = 0, physicalAddress, size } = options;
  const page = libc.sysconf(LINUX._SC_PAGESIZE);
  // A driver gives whole pages, also those that hold something else besides.
  const pages = Math.ceil((skip + size) / page) * page;
  if (pages > LARGEST) {
    const reason = `of its ${size} bytes no more than 4 GiB could be mapped`;
    const region = unreachableRegion(name, physicalAddress, size, reason);
    return { region, [Symbol.dispose]() {} };
  }
  if (size < 4) {
    throw new MetalError("INVALID_ARGUMENT", `${action}: ${size} bytes are less than a word`);
  }
  const whole = mapDescriptor(libc, action, descriptor, path, {
    name,
    physicalAddress: physicalAddress - skip,
    size: pages,
    offset: fileOffset,
    kind: "device",
  });
  try {
    const part = { name, offset: skip, size: size - (size % 4) };
    return { region: subRegion(whole.memory, part), [Symbol.dispose]: () => whole.close() };
  } catch (cause) {
    whole.close();
    throw cause;
  }
}
