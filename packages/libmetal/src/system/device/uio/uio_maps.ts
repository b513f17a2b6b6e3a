import { MetalError } from "../../../error.ts";
import type { IoRegion } from "../../../io/io_region.ts";
import type { Libc } from "../../libc/libc.ts";
import { LINUX } from "../../libc/linux.ts";
import { mapRegion } from "../map_region.ts";
import type { Sysfs } from "../sysfs.ts";
import { unreachableRegion } from "../unreachable_region.ts";

/** A region of memory that a UIO driver offers (kernel: `struct uio_mem`). */
export interface UioMap {
  /** Its number: it lies at so many pages in the device file. */
  readonly index: number;
  /** Its name; `map0` and so on where the driver gives none. */
  readonly name: string;
  /** The physical address of the page in which it begins. */
  readonly address: number;
  /** Bytes from there to its first one. */
  readonly offset: number;
  /** Bytes, from the beginning of its first page to its end. */
  readonly size: number;
}

/** A region of ports that a UIO driver tells of (kernel: `struct uio_port`). */
export interface UioPort {
  /** Its name; `port0` and so on where the driver gives none. */
  readonly name: string;
  /** The number of its first port. */
  readonly start: number;
  /** How many ports. */
  readonly size: number;
  /** Such as `port_x86`. */
  readonly type: string;
}

/**
 * Reads what a UIO device offers to map. To be called once the device file is open: the driver
 * uio_dmem_genirq takes its memory only then.
 *
 * @param sysfs The device files.
 * @param folder The folder of the UIO device, `…/uio/uio0`.
 * @returns The maps, in the order of their numbers.
 * @throws {MetalError} `NOT_FOUND` for a map without address or size; `OUT_OF_RANGE` beyond 2^53 - 1.
 */
export function readMaps(sysfs: Sysfs, folder: string): readonly UioMap[] {
  return numbered(sysfs, folder, "map", "maps").map(({ index, path }) => ({
    index,
    name: sysfs.text(`${path}/name`) || `map${index}`,
    address: required(sysfs, `${path}/addr`),
    // Linux has it since version 2.6.33.
    offset: sysfs.number(`${path}/offset`) ?? 0,
    size: required(sysfs, `${path}/size`),
  }));
}

/**
 * Reads which ports a UIO device has.
 *
 * @param sysfs The device files.
 * @param folder The folder of the UIO device.
 * @returns The ports, in the order of their numbers.
 */
export function readPorts(sysfs: Sysfs, folder: string): readonly UioPort[] {
  return numbered(sysfs, folder, "port", "portio").map(({ index, path }) => ({
    name: sysfs.text(`${path}/name`) || `port${index}`,
    start: required(sysfs, `${path}/start`),
    size: required(sysfs, `${path}/size`),
    type: sysfs.text(`${path}/porttype`) ?? "of unknown type",
  }));
}

/**
 * Maps one of them.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param descriptor The device file.
 * @param path Its path, for messages.
 * @param map Which one.
 * @returns The mapping.
 * @throws {MetalError} `OUT_OF_RANGE` where the offset lies beyond the map; what else `mapRegion`
 *   throws.
 */
export function openMap(
  libc: Libc,
  action: string,
  descriptor: number,
  path: string,
  { index, name, address, offset, size }: UioMap,
): ReturnType<typeof mapRegion> {
  if (offset >= size) {
    throw new MetalError(
      "OUT_OF_RANGE",
      `${action}: map "${name}" has ${size} bytes, and begins at ${offset}`,
    );
  }
  return mapRegion(libc, `${action}: map "${name}"`, descriptor, path, {
    name,
    fileOffset: index * libc.sysconf(LINUX._SC_PAGESIZE),
    skip: offset,
    physicalAddress: address + offset,
    size: size - offset,
  });
}

/** A region for ports, which says that no program here can reach them. */
export function portRegion({ name, start, size, type }: UioPort): IoRegion {
  return unreachableRegion(
    name,
    start,
    size,
    `its ${size} ports (${type}) are reached by instructions of the processor only, which no ` +
      "runtime has",
  );
}

function numbered(
  sysfs: Sysfs,
  folder: string,
  what: string,
  group: string,
): readonly { readonly index: number; readonly path: string }[] {
  return (sysfs.list(`${folder}/${group}`) ?? [])
    .filter((name) => new RegExp(`^${what}\\d+$`).test(name))
    .map((name) => ({
      index: Number(name.slice(what.length)),
      path: `${folder}/${group}/${name}`,
    }))
    .sort((one, other) => one.index - other.index);
}

function required(sysfs: Sysfs, path: string): number {
  const found = sysfs.number(path);
  if (found !== undefined) return found;
  throw new MetalError("NOT_FOUND", `Read "${sysfs.path(path)}": there is no such file`);
}
