import {
  RPMSG_BUFFER_SIZE,
  RPMSG_CONSTANTS,
  RPMSG_FIELDS,
  RPMSG_HEADER_SIZE,
  RPMSG_NS_MESSAGE_SIZE,
} from "@openamp/rpmsg/wire";
import { expect, test } from "vitest";

test.each([
  [
    "rpmsg_hdr",
    RPMSG_HEADER_SIZE,
    ["src 0 4", "dst 4 4", "reserved 8 4", "len 12 2", "flags 14 2"],
  ],
  ["rpmsg_ns_msg", RPMSG_NS_MESSAGE_SIZE, ["name 0 32", "addr 32 4", "flags 36 4"]],
])("struct %s is packed and has %i bytes", (struct, size, expected) => {
  const fields = RPMSG_FIELDS.filter((row) => row.struct === struct);
  expect(fields.map((row) => `${row.field} ${row.offset} ${row.size}`)).toEqual(expected);
  let end = 0;
  for (const row of fields) {
    expect(row.offset).toBe(end);
    end += row.size;
  }
  expect(end).toBe(size);
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
  for (const { source } of [...RPMSG_FIELDS, ...RPMSG_CONSTANTS]) expect(source).toMatch(/\.[ch]$/);
});
