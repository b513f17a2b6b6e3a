import { VIRTIO_RPMSG_F_NS } from "@openamp/rpmsg/wire";
import { VirtioDeviceId, VirtioFeature } from "@openamp/virtio/wire";

/** Device types by their numbers (VirtIO 1.3 section 5; `<linux/virtio_ids.h>`). */
const DEVICES: Readonly<Record<number, string>> = {
  1: "network",
  2: "block",
  3: "console",
  4: "entropy",
  5: "memory balloon",
  [VirtioDeviceId.rpmsg]: "rpmsg",
  8: "SCSI host",
  9: "9P transport",
  11: "remoteproc serial",
  16: "GPU",
  18: "input",
  19: "socket",
  20: "crypto",
  26: "file system",
};

/**
 * Feature bits that belong to no device type (VirtIO 1.3 section 6; `<linux/virtio_config.h>`,
 * `<linux/virtio_ring.h>`). A resource table has room for bits 0 to 31.
 */
const RING_FEATURES: Readonly<Record<number, string>> = {
  24: "VIRTIO_F_NOTIFY_ON_EMPTY",
  27: "VIRTIO_F_ANY_LAYOUT",
  [VirtioFeature.indirectDescriptors]: "VIRTIO_RING_F_INDIRECT_DESC",
  [VirtioFeature.eventIndex]: "VIRTIO_RING_F_EVENT_IDX",
};

/** Feature bits of rpmsg (drivers/rpmsg/virtio_rpmsg_bus.c). */
const RPMSG_FEATURES: Readonly<Record<number, string>> = {
  [VIRTIO_RPMSG_F_NS]: "VIRTIO_RPMSG_F_NS",
};

/**
 * What people call a device type.
 *
 * @param id The number.
 * @returns For example `rpmsg`; `type 4711` where the number is not known.
 */
export function virtioDeviceName(id: number): string {
  return DEVICES[id] ?? `type ${id}`;
}

/**
 * The names of the feature bits that are set.
 *
 * @param deviceId The device type, which gives the low bits their meaning.
 * @param features The bits, 32 of them.
 * @returns For example `VIRTIO_RPMSG_F_NS`; `bit 5` where the bit has no name here.
 */
export function virtioFeatureNames(deviceId: number, features: number): readonly string[] {
  const own = deviceId === VirtioDeviceId.rpmsg ? RPMSG_FEATURES : {};
  return Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => ((features >>> bit) & 1) === 1)
    .map((bit) => own[bit] ?? RING_FEATURES[bit] ?? `bit ${bit}`);
}
