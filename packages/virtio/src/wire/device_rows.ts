import type { ConstantRow } from "@openamp/libmetal";

import { VirtioDeviceId } from "./device_id.ts";
import { VirtioFeature } from "./feature.ts";
import * as status from "./status.ts";

const CONFIG_H = "linux/virtio_config.h";
const RING_H = "linux/virtio_ring.h";

/** The constants of any virtio device, its status, features and type, by their names in the headers. */
export const DEVICE_CONSTANTS: readonly ConstantRow[] = [
  ...Object.entries(status).map(([name, value]) => ({ name, value, source: CONFIG_H })),
  {
    name: "VIRTIO_RING_F_INDIRECT_DESC",
    value: VirtioFeature.indirectDescriptors,
    source: RING_H,
  },
  { name: "VIRTIO_RING_F_EVENT_IDX", value: VirtioFeature.eventIndex, source: RING_H },
  { name: "VIRTIO_F_VERSION_1", value: VirtioFeature.version1, source: CONFIG_H },
  { name: "VIRTIO_ID_RPMSG", value: VirtioDeviceId.rpmsg, source: "linux/virtio_ids.h" },
];
