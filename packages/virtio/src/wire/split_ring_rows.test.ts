import { expect, test } from "vitest";

import { DEVICE_CONSTANTS } from "./device_rows.ts";
import { hasFeature } from "./feature.ts";
import { SPLIT_RING_CONSTANTS, SPLIT_RING_LAYOUTS } from "./split_ring_rows.ts";

/** `struct vring_*` of `<linux/virtio_ring.h>`, written down from the header. */
const LAYOUTS: Readonly<Record<string, object>> = {
  vring_desc: {
    size: 16,
    fields: {
      addr: { offset: 0, size: 8 },
      len: { offset: 8, size: 4 },
      flags: { offset: 12, size: 2 },
      next: { offset: 14, size: 2 },
    },
  },
  vring_avail: {
    size: 4,
    fields: { flags: { offset: 0, size: 2 }, idx: { offset: 2, size: 2 } },
    tail: { name: "ring", size: 2 },
  },
  vring_used_elem: {
    size: 8,
    fields: { id: { offset: 0, size: 4 }, len: { offset: 4, size: 4 } },
  },
  vring_used: {
    size: 4,
    fields: { flags: { offset: 0, size: 2 }, idx: { offset: 2, size: 2 } },
    tail: { name: "ring", size: 8 },
  },
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
  const layouts = SPLIT_RING_LAYOUTS.map(({ name, source: _source, ...rest }) => [name, rest]);
  expect(Object.fromEntries(layouts)).toEqual(LAYOUTS);
  expect(layouts).toHaveLength(Object.keys(LAYOUTS).length);
});

test("every constant of the split ring has the header's value", () => {
  const rows = SPLIT_RING_CONSTANTS.map((row) => [row.name, row.value]);
  expect(Object.fromEntries(rows)).toEqual(CONSTANTS);
  expect(rows).toHaveLength(Object.keys(CONSTANTS).length);
});

test("every row names its source", () => {
  for (const { source } of [...SPLIT_RING_LAYOUTS, ...SPLIT_RING_CONSTANTS]) {
    expect(source).toMatch(/linux\/virtio_ring\.h/u);
  }
  for (const { source } of DEVICE_CONSTANTS) expect(source).toMatch(/^linux\/virtio_\w+\.h$/u);
});

test.each(SPLIT_RING_LAYOUTS)("the fields of $name fill it without a gap", ({ size, fields }) => {
  let end = 0;
  for (const field of Object.values(fields)) {
    expect(field.offset).toBe(end);
    end += field.size;
  }
  expect(size).toBe(end);
});

test("§2.1, §5, §6: status bits, device numbers and feature bits", () => {
  const rows = DEVICE_CONSTANTS.map(({ name, value }) => [name, value]);
  expect(Object.fromEntries(rows)).toEqual({
    VIRTIO_CONFIG_S_ACKNOWLEDGE: 1,
    VIRTIO_CONFIG_S_DRIVER: 2,
    VIRTIO_CONFIG_S_DRIVER_OK: 4,
    VIRTIO_CONFIG_S_FEATURES_OK: 8,
    VIRTIO_CONFIG_S_NEEDS_RESET: 0x40,
    VIRTIO_CONFIG_S_FAILED: 0x80,
    VIRTIO_RING_F_INDIRECT_DESC: 28,
    VIRTIO_RING_F_EVENT_IDX: 29,
    VIRTIO_F_VERSION_1: 32,
    VIRTIO_ID_RPMSG: 7,
  });
});

test("§6: a feature is the bit of its number", () => {
  for (let bit = 0; bit < 64; bit++) {
    expect(hasFeature(1n << BigInt(bit), bit)).toBe(true);
    expect(hasFeature(~(1n << BigInt(bit)), bit)).toBe(false);
    expect(hasFeature(0n, bit)).toBe(false);
  }
});
