import type { WaitOptions } from "../../../time/clock.ts";
import type { DevicePlace } from "../device_place.ts";
import type { Sysfs } from "../sysfs.ts";
import { waitUntil } from "../waiting.ts";

/** The UIO device that a driver has made of a device of a bus. */
export interface UioFile {
  /** Its name, such as `uio0`. */
  readonly name: string;
  /** Its folder below the root. */
  readonly folder: string;
  /** The device file on this machine. */
  readonly path: string;
}

/**
 * Waits for the UIO device of a device: the driver makes it when it is bound, and udev its file.
 *
 * @param sysfs The device files.
 * @param place The device.
 * @param options For how long.
 * @returns The UIO device.
 * @throws {MetalError} `TIMEOUT`, `ABORTED`.
 */
export async function findUio(
  sysfs: Sysfs,
  { folder, action }: DevicePlace,
  options: WaitOptions,
): Promise<UioFile> {
  const name = await waitUntil(
    `${action}: wait for "${sysfs.path(`${folder}/uio/uioX`)}"`,
    () => sysfs.list(`${folder}/uio`)?.find((each) => /^uio\d+$/.test(each)),
    options,
  );
  const device = `/dev/${name}`;
  await waitUntil(
    `${action}: wait for "${sysfs.path(device)}"`,
    () => (sysfs.exists(device) ? true : undefined),
    options,
  );
  return { name, folder: `${folder}/uio/${name}`, path: sysfs.path(device) };
}
