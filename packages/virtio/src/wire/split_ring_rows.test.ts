import { expect, test } from "vitest";

import { VirtioDeviceId } from "./device_id.ts";
import { hasFeature, VirtioFeature } from "./feature.ts";
import { SPLIT_RING_CONSTANTS, SPLIT_RING_FIELDS } from "./split_ring_rows.ts";
import * as ring from "./split_ring.ts";
import * as status from "./status.ts";

/** `struct vring_*` of `<linux/virtio_ring.h>`, written down from the header: offset and size. */
const FIELDS: Readonly<Record<string, readonly [offset: number, size: number]>> = {
  "vring_desc.addr": [0, 8],
  "vring_desc.len": [8, 4],
  "vring_desc.flags": [12, 2],
  "vring_desc.next": [14, 2],
  "vring_avail.flags": [0, 2],
  "vring_avail.idx": [2, 2],
  "vring_avail.ring": [4, 2],
  "vring_used_elem.id": [0, 4],
  "vring_used_elem.len": [4, 4],
  "vring_used.flags": [0, 2],
  "vring_used.idx": [2, 2],
  "vring_used.ring": [4, 8],
};

/** `#define`s of the same header. */
const CONSTANTS: Readonly<Record<string, number>> = {
  VRING_DESC_F_NEXT: 1,
  VRING_DESC_F_WRITE: 2,
  VRING_DESC_F_INDIRECT: 4,
  VRING_AVAIL_F_NO_INTERRUPT: 1,
  VRING_USED_F_NO_NOTIFY: 1,
  VRING_DESC_ALIGN_SIZE: 16,
  VRING_AVAIL_ALIGN_SIZE: 2,
  VRING_USED_ALIGN_SIZE: 4,
};

test("§2.7.5, §2.7.6, §2.7.8: every field of the split ring is where the header has it", () => {
  const rows = SPLIT_RING_FIELDS.map((row) => [
    `${row.struct}.${row.field}`,
    [row.offset, row.size],
  ]);
  expect(Object.fromEntries(rows)).toEqual(FIELDS);
  expect(rows).toHaveLength(Object.keys(FIELDS).length);
});

test("every constant of the split ring has the header's value", () => {
  const rows = SPLIT_RING_CONSTANTS.map((row) => [row.name, row.value]);
  expect(Object.fromEntries(rows)).toEqual(CONSTANTS);
  expect(rows).toHaveLength(Object.keys(CONSTANTS).length);
});

test("every row names its source", () => {
  for (const { source } of [...SPLIT_RING_FIELDS, ...SPLIT_RING_CONSTANTS]) {
    expect(source).toMatch(/linux\/virtio_ring\.h/u);
  }
});

/** Where the last field of a structure ends, each starting where the one before it ends. */
function packedEnd(struct: string): number {
  return SPLIT_RING_FIELDS.filter((row) => row.struct === struct).reduce((at, row) => {
    expect(row.offset).toBe(at);
    return at + row.size;
  }, 0);
}

test("the fields of a structure fill it without a gap", () => {
  expect(packedEnd("vring_desc")).toBe(ring.DESCRIPTOR_SIZE);
  expect(packedEnd("vring_used_elem")).toBe(ring.USED_ELEMENT_SIZE);
  expect(packedEnd("vring_avail")).toBe(ring.AVAILABLE_RING + ring.AVAILABLE_ELEMENT_SIZE);
  expect(packedEnd("vring_used")).toBe(ring.USED_RING + ring.USED_ELEMENT_SIZE);
  expect(ring.QUEUE_SIZE_MAX).toBe(32768);
});

test("§2.1: the status bits of <linux/virtio_config.h>", () => {
  expect(status).toMatchObject({
    VIRTIO_CONFIG_S_ACKNOWLEDGE: 1,
    VIRTIO_CONFIG_S_DRIVER: 2,
    VIRTIO_CONFIG_S_DRIVER_OK: 4,
    VIRTIO_CONFIG_S_FEATURES_OK: 8,
    VIRTIO_CONFIG_S_NEEDS_RESET: 0x40,
    VIRTIO_CONFIG_S_FAILED: 0x80,
  });
});

test("§5, §6: device numbers and feature bits", () => {
  expect(VirtioDeviceId.rpmsg).toBe(7);
  expect(VirtioFeature).toEqual({ indirectDescriptors: 28, eventIndex: 29, version1: 32 });
  for (let bit = 0; bit < 64; bit++) {
    expect(hasFeature(1n << BigInt(bit), bit)).toBe(true);
    expect(hasFeature(~(1n << BigInt(bit)), bit)).toBe(false);
    expect(hasFeature(0n, bit)).toBe(false);
  }
});
