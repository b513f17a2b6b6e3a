import type { ConstantRow, StructLayout } from "@openamp/libmetal";

import * as ring from "./split_ring.ts";

/** The structures of the split ring. */
export const SPLIT_RING_LAYOUTS: readonly StructLayout[] = [
  {
    name: "vring_desc",
    source: "linux/virtio_ring.h, VirtIO 1.3 §2.7.5",
    size: ring.DESCRIPTOR_SIZE,
    fields: {
      addr: { offset: ring.DESCRIPTOR_ADDRESS, size: 8 },
      len: { offset: ring.DESCRIPTOR_LENGTH, size: 4 },
      flags: { offset: ring.DESCRIPTOR_FLAGS, size: 2 },
      next: { offset: ring.DESCRIPTOR_NEXT, size: 2 },
    },
  },
  {
    name: "vring_avail",
    source: "linux/virtio_ring.h, VirtIO 1.3 §2.7.6",
    size: ring.AVAILABLE_RING,
    fields: {
      flags: { offset: ring.AVAILABLE_FLAGS, size: 2 },
      idx: { offset: ring.AVAILABLE_INDEX, size: 2 },
    },
    tail: { name: "ring", size: ring.AVAILABLE_ELEMENT_SIZE },
  },
  {
    name: "vring_used_elem",
    source: "linux/virtio_ring.h, VirtIO 1.3 §2.7.8",
    size: ring.USED_ELEMENT_SIZE,
    fields: {
      id: { offset: ring.USED_ELEMENT_ID, size: 4 },
      len: { offset: ring.USED_ELEMENT_LENGTH, size: 4 },
    },
  },
  {
    name: "vring_used",
    source: "linux/virtio_ring.h, VirtIO 1.3 §2.7.8",
    size: ring.USED_RING,
    fields: {
      flags: { offset: ring.USED_FLAGS, size: 2 },
      idx: { offset: ring.USED_INDEX, size: 2 },
    },
    tail: { name: "ring", size: ring.USED_ELEMENT_SIZE },
  },
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
