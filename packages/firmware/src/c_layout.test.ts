import type { ConstantRow, StructLayout } from "@openamp/libmetal";
import { ELF_CONSTANTS, ELF_LAYOUTS } from "@openamp/remoteproc/elf";
import {
  FW_RSC_NOTIFY_ID_ANY,
  FW_RSC_TRACE,
  RESOURCE_CONSTANTS,
  RESOURCE_LAYOUTS,
  RESOURCE_TABLE_VERSION,
} from "@openamp/remoteproc/resource-table";
import { RPMSG_CONSTANTS, RPMSG_LAYOUTS } from "@openamp/rpmsg/wire";
import { splitRingLayout } from "@openamp/virtio";
import {
  DEVICE_CONSTANTS,
  QUEUE_SIZE_MAX,
  SPLIT_RING_CONSTANTS,
  SPLIT_RING_LAYOUTS,
} from "@openamp/virtio/wire";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type CConstants,
  cConstants,
  type CLayout,
  cLayout,
  type CRing,
  systemConstants,
  systemLayout,
  systemRings,
} from "../tools/c_layout.ts";

const layouts: readonly StructLayout[] = [
  ...SPLIT_RING_LAYOUTS,
  ...RPMSG_LAYOUTS,
  ...RESOURCE_LAYOUTS,
  ...ELF_LAYOUTS,
];

const constants: readonly ConstantRow[] = [
  ...SPLIT_RING_CONSTANTS,
  ...DEVICE_CONSTANTS,
  ...RPMSG_CONSTANTS,
  ...RESOURCE_CONSTANTS,
  ...ELF_CONSTANTS,
];

/** The headers that a machine with gcc has; Linux keeps rpmsg/ns.h and remoteproc.h to itself. */
const installed = /^(elf|linux\/(virtio_ring|virtio_config|virtio_ids|rpmsg))\.h\b/;

/** What the firmware's headers call otherwise than Linux, or Linux has no name for. */
const ofFirmware: CConstants = {
  VRING_MAX_NUM: QUEUE_SIZE_MAX,
  RESOURCE_TABLE_VERSION,
  FW_RSC_NOTIFY_ID_ANY,
  RSC_NAME_SIZE: FW_RSC_TRACE.fields.name.size,
};

/** The bytes of a structure as C tells them: without where it comes from. */
function bytesOf({ size, fields, tail }: StructLayout): CLayout[string] {
  return tail === undefined ? { size, fields } : { size, fields, tail };
}

let system: { readonly layout: CLayout; readonly constants: CConstants };
let firmware: typeof system;
let rings: readonly CRing[];

beforeAll(async () => {
  system = { layout: await systemLayout(), constants: await systemConstants() };
  firmware = { layout: await cLayout(), constants: await cConstants() };
  rings = await systemRings();
});

describe("by gcc, what the machine's headers define", () => {
  const structs = layouts.filter(({ source }) => installed.test(source));
  const values = constants.filter(({ source }) => installed.test(source));

  test("the headers are those that the rows name", () => {
    expect(structs).toHaveLength(SPLIT_RING_LAYOUTS.length + ELF_LAYOUTS.length);
    const sources = new Set(values.map(({ source }) => source));
    expect(sources.size).toBe(5);
  });

  test.each(structs)("$name has its size, its members and their places", (layout) => {
    expect(bytesOf(layout)).toStrictEqual(system.layout[layout.name]);
  });

  test.each(values)("$name of <$source> is $value", ({ name, value }) => {
    expect(system.constants[name]).toBe(value);
  });
});

describe("by gcc, where vring_init() and vring_size() put the parts of a ring", () => {
  test("every size, at several alignments", () => {
    const sizes = new Set(rings.map(({ num }) => num));
    expect([...sizes]).toStrictEqual(Array.from({ length: 16 }, (_, power) => 1 << power));
    expect(new Set(rings.map(({ align }) => align)).size).toBe(5);
    for (const { num, align, avail, used, size } of rings) {
      expect(splitRingLayout(num, align)).toStrictEqual({
        size: num,
        align,
        descriptors: 0,
        available: avail,
        used,
        byteLength: size,
      });
    }
  });
});

describe("the firmware's headers", () => {
  // There the type is each entry's first member, and no structure of its own.
  const shared = layouts.filter(
    ({ name, source }) => !source.startsWith("elf.h") && name !== "fw_rsc_hdr",
  );

  test("define these structures, and no others", () => {
    const names = shared.map(({ name }) => name).toSorted();
    expect(Object.keys(firmware.layout).toSorted()).toStrictEqual(names);
  });

  test.each(shared)("have $name field by field as TypeScript has it", (layout) => {
    expect(firmware.layout[layout.name]).toStrictEqual(bytesOf(layout));
  });

  test("have no constant that TypeScript has not, or has otherwise", () => {
    const known = Object.fromEntries(constants.map(({ name, value }) => [name, value]));
    expect({ ...known, ...ofFirmware }).toMatchObject(firmware.constants);
    expect(Object.keys(firmware.constants)).toHaveLength(29);
  });
});
