import { describe, expect, test } from "vitest";
import { RESOURCE_CONSTANTS } from "./rows.ts";
import { RESOURCE_LAYOUTS } from "./wire.ts";

/**
 * Members with their sizes in the order of `<linux/remoteproc.h>`, where all are `__packed`; those
 * of an entry come after the type that `struct fw_rsc_hdr` gives it.
 */
const DECLARATIONS: Readonly<Record<string, string>> = {
  resource_table: "ver:4 num:4 reserved:8",
  fw_rsc_hdr: "type:4",
  fw_rsc_carveout: "type:4 da:4 pa:4 len:4 flags:4 reserved:4 name:32",
  fw_rsc_devmem: "type:4 da:4 pa:4 len:4 flags:4 reserved:4 name:32",
  fw_rsc_trace: "type:4 da:4 len:4 reserved:4 name:32",
  fw_rsc_vdev:
    "type:4 id:4 notifyid:4 dfeatures:4 gfeatures:4 config_len:4 status:1 num_of_vrings:1 " +
    "reserved:2",
  fw_rsc_vdev_vring: "da:4 align:4 num:4 notifyid:4 pa:4",
};

test("every declared structure is laid out", () => {
  expect(RESOURCE_LAYOUTS.map(({ name }) => name)).toEqual(Object.keys(DECLARATIONS));
});

describe.each(RESOURCE_LAYOUTS)("$name", ({ name, size, fields, source }) => {
  let end = 0;
  const members = (DECLARATIONS[name] ?? "").split(" ").map((member) => {
    const [field = "", bytes] = member.split(":");
    const row = { field, offset: end, size: Number(bytes) };
    end += row.size;
    return row;
  });

  test.each(members)("$field is $size bytes at $offset", ({ field, offset, size: bytes }) => {
    expect(fields[field]).toEqual({ offset, size: bytes });
  });

  test("has no other members and the right size", () => {
    expect(Object.keys(fields)).toHaveLength(members.length);
    expect(size).toBe(end);
    expect(source).toContain(`struct ${name}`);
  });
});

/** As `<linux/remoteproc.h>` and, for the last, the C library's `openamp/remoteproc.h` define them. */
const CONSTANTS: readonly (readonly [name: string, value: number])[] = [
  ["RSC_CARVEOUT", 0],
  ["RSC_DEVMEM", 1],
  ["RSC_TRACE", 2],
  ["RSC_VDEV", 3],
  ["RSC_LAST", 4],
  ["RSC_VENDOR_START", 128],
  ["RSC_VENDOR_END", 512],
  ["FW_RSC_ADDR_ANY", -1 >>> 0],
  ["RVDEV_NUM_VRINGS", 2],
  ["RSC_NOTIFY_ID_ANY", -1 >>> 0],
];

test.each(CONSTANTS)("%s is %i", (name, value) => {
  expect(RESOURCE_CONSTANTS).toContainEqual(expect.objectContaining({ name, value }));
});

test("the rows hold no other constant", () => {
  expect(RESOURCE_CONSTANTS).toHaveLength(CONSTANTS.length);
});
