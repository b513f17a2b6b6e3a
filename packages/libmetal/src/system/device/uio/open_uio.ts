import type { DeviceParts } from "../../../device/device_parts.ts";
import type { DeviceRegion } from "../../../device/device.ts";
import type { Logger } from "../../../log/logger.ts";
import type { WaitOptions } from "../../../time/clock.ts";
import type { Libc } from "../../libc/libc.ts";
import { LINUX } from "../../libc/linux.ts";
import type { DevicePlace } from "../device_place.ts";
import { ofNodeProperties } from "../of_node.ts";
import { openFile, udevRule } from "../open_file.ts";
import { type ReleaseStack, releaseStack } from "../release_stack.ts";
import type { Sysfs } from "../sysfs.ts";
import { findUio } from "./uio_file.ts";
import { type InterruptSwitch, irqControl, openUioInterrupt } from "./uio_interrupt.ts";
import { openMap, portRegion, readMaps, readPorts, type UioMap } from "./uio_maps.ts";

/** What {@linkcode openUio} needs. */
export interface OpenUioOptions {
  /** The driver that has the device. */
  readonly driver: string;
  /** For how long to wait for the device file. */
  readonly wait: WaitOptions;
  /** Takes a line where a handler throws. */
  readonly logger: Logger;
  /**
   * What the bus knows of the device besides, to stand before the maps.
   *
   * @param take Gives the map that begins at a physical address, under another name and with its
   *   true size, which the driver has rounded up; it does not stand among the others then. Undefined
   *   where there is none.
   * @param opened What closes what the bus opens.
   */
  readonly busParts?: (
    take: (place: MapPlace) => DeviceRegion | undefined,
    opened: ReleaseStack,
  ) => BusParts;
}

/** A map that a bus looks for. */
export interface MapPlace {
  /** Its name on the bus. */
  readonly name: string;
  /** The physical address of its first byte. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
}

/** What a bus knows of a device besides its driver. */
export interface BusParts {
  /** Regions. */
  readonly regions: readonly DeviceRegion[];
  /** How the interrupt is switched. */
  readonly control: InterruptSwitch;
}

/**
 * Opens a device whose driver is one of UIO.
 *
 * @param libc The C library.
 * @param sysfs The device files.
 * @param place The device.
 * @param options Its driver, and what the bus knows besides.
 * @returns Its parts.
 * @throws {MetalError} `TIMEOUT`, `ABORTED`, `PERMISSION` with the rule for udev, and what reading
 *   and mapping throws. What was opened before is closed.
 */
export async function openUio(
  libc: Libc,
  sysfs: Sysfs,
  place: DevicePlace,
  options: OpenUioOptions,
): Promise<DeviceParts> {
  const { action } = place;
  const { driver, wait, logger } = options;
  const file = await findUio(sysfs, place, wait);
  const opened = releaseStack();
  try {
    const before = sysfs.number(`${file.folder}/event`) ?? 0;
    const descriptor = openFile(
      libc,
      action,
      file.path,
      udevRule("uio"),
      LINUX.O_RDWR | LINUX.O_NONBLOCK,
    );
    opened.push(() => libc.close(descriptor));

    const maps = [...readMaps(sysfs, file.folder)];
    const open = (map: UioMap): DeviceRegion => {
      const mapped = openMap(libc, action, descriptor, file.path, map);
      opened.push(() => mapped[Symbol.dispose]());
      return mapped.region;
    };
    const take = ({ name, address, size }: MapPlace): DeviceRegion | undefined => {
      const at = maps.findIndex((map) => map.address + map.offset === address);
      const [map] = at === -1 ? [] : maps.splice(at, 1);
      return map && open({ ...map, name, size: Math.min(map.size, map.offset + size) });
    };
    const known = options.busParts?.(take, opened);
    const rest = maps.map(open);
    const ports = readPorts(sysfs, file.folder).map(portRegion);

    // In a made-up tree an ordinary file has memory, and nothing that could be waited for.
    const source = sysfs.ordinary(`/dev/${file.name}`)
      ? undefined
      : await openUioInterrupt(libc, {
          action,
          name: file.name,
          descriptor,
          before,
          logger,
          control: known?.control ?? irqControl(libc, descriptor, place.name, driver),
        });
    if (source !== undefined) opened.push(() => source[Symbol.dispose]());
    return {
      driver,
      regions: [...(known?.regions ?? []), ...rest, ...ports],
      interrupts: source === undefined ? [] : [source.interrupt],
      properties: ofNodeProperties(sysfs, place),
      release: () => opened.release(),
    };
  } catch (cause) {
    opened.abandon();
    throw cause;
  }
}
