import { deviceProperties, type DeviceProperties } from "../../device/device_properties.ts";
import type { DevicePlace } from "./device_place.ts";
import type { Sysfs } from "./sysfs.ts";

/**
 * The properties of a device: the files of `of_node`, its node of the device tree. Without a node,
 * there are none. Upstream: `metal_linux_get_device_property`.
 *
 * @param sysfs The device files.
 * @param place The device.
 * @returns The readers.
 */
export function ofNodeProperties(sysfs: Sysfs, { name, folder }: DevicePlace): DeviceProperties {
  const node = `${folder}/of_node`;
  // The node's children are folders.
  const isProperty = (property: string): boolean => sysfs.ordinary(`${node}/${property}`);
  return deviceProperties(name, {
    names: () => (sysfs.list(node) ?? []).filter(isProperty),
    read: (property) => (isProperty(property) ? sysfs.bytes(`${node}/${property}`) : undefined),
  });
}
