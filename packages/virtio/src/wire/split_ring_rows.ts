import type { ConstantRow, FieldLayout } from "./field_layout.ts";
import * as ring from "./split_ring.ts";

const DESC = { struct: "vring_desc", source: "linux/virtio_ring.h, VirtIO 1.3 §2.7.5" } as const;
const AVAIL = { struct: "vring_avail", source: "linux/virtio_ring.h, VirtIO 1.3 §2.7.6" } as const;
const ELEM = {
  struct: "vring_used_elem",
  source: "linux/virtio_ring.h, VirtIO 1.3 §2.7.8",
} as const;
const USED = { struct: "vring_used", source: "linux/virtio_ring.h, VirtIO 1.3 §2.7.8" } as const;

/** The structures of the split ring, a row a field. */
export const SPLIT_RING_FIELDS: readonly FieldLayout[] = [
  { ...DESC, field: "addr", offset: ring.DESCRIPTOR_ADDRESS, size: 8 },
  { ...DESC, field: "len", offset: ring.DESCRIPTOR_LENGTH, size: 4 },
  { ...DESC, field: "flags", offset: ring.DESCRIPTOR_FLAGS, size: 2 },
  { ...DESC, field: "next", offset: ring.DESCRIPTOR_NEXT, size: 2 },
  { ...AVAIL, field: "flags", offset: ring.AVAILABLE_FLAGS, size: 2 },
  { ...AVAIL, field: "idx", offset: ring.AVAILABLE_INDEX, size: 2 },
  { ...AVAIL, field: "ring", offset: ring.AVAILABLE_RING, size: ring.AVAILABLE_ELEMENT_SIZE },
  { ...ELEM, field: "id", offset: ring.USED_ELEMENT_ID, size: 4 },
  { ...ELEM, field: "len", offset: ring.USED_ELEMENT_LENGTH, size: 4 },
  { ...USED, field: "flags", offset: ring.USED_FLAGS, size: 2 },
  { ...USED, field: "idx", offset: ring.USED_INDEX, size: 2 },
  { ...USED, field: "ring", offset: ring.USED_RING, size: ring.USED_ELEMENT_SIZE },
];

const RING_H = "linux/virtio_ring.h";

/** The constants of the split ring, by their names in the header. */
export const SPLIT_RING_CONSTANTS: readonly ConstantRow[] = [
  { name: "VRING_DESC_F_NEXT", value: ring.VIRTQ_DESC_F_NEXT, source: RING_H },
  { name: "VRING_DESC_F_WRITE", value: ring.VIRTQ_DESC_F_WRITE, source: RING_H },
  { name: "VRING_DESC_F_INDIRECT", value: ring.VIRTQ_DESC_F_INDIRECT, source: RING_H },
  { name: "VRING_AVAIL_F_NO_INTERRUPT", value: ring.VIRTQ_AVAIL_F_NO_INTERRUPT, source: RING_H },
  { name: "VRING_USED_F_NO_NOTIFY", value: ring.VIRTQ_USED_F_NO_NOTIFY, source: RING_H },
  { name: "VRING_DESC_ALIGN_SIZE", value: ring.DESCRIPTOR_TABLE_ALIGN, source: RING_H },
  { name: "VRING_AVAIL_ALIGN_SIZE", value: ring.AVAILABLE_RING_ALIGN, source: RING_H },
  { name: "VRING_USED_ALIGN_SIZE", value: ring.USED_RING_ALIGN, source: RING_H },
];
