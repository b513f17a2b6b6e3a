import { RPMSG_BUFFER_SIZE, RPMSG_CONSTANTS, RPMSG_LAYOUTS } from "@openamp/rpmsg/wire";
import { expect, test } from "vitest";

/** `struct rpmsg_hdr` and `struct rpmsg_ns_msg`, written down from the kernel's sources. */
const LAYOUTS: Readonly<Record<string, object>> = {
  rpmsg_hdr: {
    size: 16,
    fields: {
      src: { offset: 0, size: 4 },
      dst: { offset: 4, size: 4 },
      reserved: { offset: 8, size: 4 },
      len: { offset: 12, size: 2 },
      flags: { offset: 14, size: 2 },
    },
  },
  rpmsg_ns_msg: {
    size: 40,
    fields: {
      name: { offset: 0, size: 32 },
      addr: { offset: 32, size: 4 },
      flags: { offset: 36, size: 4 },
    },
  },
};

test("every field is where the kernel has it", () => {
  const layouts = RPMSG_LAYOUTS.map(({ name, source: _source, ...rest }) => [name, rest]);
  expect(Object.fromEntries(layouts)).toEqual(LAYOUTS);
});

test("the structures are packed", () => {
  for (const { fields, size } of RPMSG_LAYOUTS) {
    let end = 0;
    for (const field of Object.values(fields)) {
      expect(field.offset).toBe(end);
      end += field.size;
    }
    expect(end).toBe(size);
  }
});

test("constants have the values of the headers", () => {
  expect(RPMSG_CONSTANTS.map(({ name, value }) => [name, value])).toEqual([
    ["RPMSG_ADDR_ANY", 0xffffffff],
    ["RPMSG_NS_ADDR", 0x35],
    ["RPMSG_RESERVED_ADDRESSES", 1024],
    ["VIRTIO_RPMSG_F_NS", 0],
    ["RPMSG_NAME_SIZE", 32],
    ["RPMSG_NS_CREATE", 0],
    ["RPMSG_NS_DESTROY", 1],
  ]);
  expect(RPMSG_BUFFER_SIZE).toBe(512);
});

test("every row says where it comes from", () => {
  for (const { source } of [...RPMSG_LAYOUTS, ...RPMSG_CONSTANTS]) {
    expect(source).toMatch(/\.[ch]$/u);
  }
});
