import type { ConstantRow, FieldLayout } from "@openamp/virtio/wire";

import * as header from "./header.ts";
import * as ns from "./name_service.ts";

const HEADER = { struct: "rpmsg_hdr", source: "drivers/rpmsg/virtio_rpmsg_bus.c" } as const;
const NS = { struct: "rpmsg_ns_msg", source: "linux/rpmsg/ns.h" } as const;

/** The structures of rpmsg, a row a field. */
export const RPMSG_FIELDS: readonly FieldLayout[] = [
  { ...HEADER, field: "src", offset: header.RPMSG_HEADER_SOURCE, size: 4 },
  { ...HEADER, field: "dst", offset: header.RPMSG_HEADER_DESTINATION, size: 4 },
  { ...HEADER, field: "reserved", offset: header.RPMSG_HEADER_RESERVED, size: 4 },
  { ...HEADER, field: "len", offset: header.RPMSG_HEADER_LENGTH, size: 2 },
  { ...HEADER, field: "flags", offset: header.RPMSG_HEADER_FLAGS, size: 2 },
  { ...NS, field: "name", offset: ns.RPMSG_NS_NAME, size: ns.RPMSG_NAME_SIZE },
  { ...NS, field: "addr", offset: ns.RPMSG_NS_ADDRESS, size: 4 },
  { ...NS, field: "flags", offset: ns.RPMSG_NS_FLAGS, size: 4 },
];

const BUS = "drivers/rpmsg/virtio_rpmsg_bus.c";

/** The constants of rpmsg, by their names in the headers. */
export const RPMSG_CONSTANTS: readonly ConstantRow[] = [
  { name: "RPMSG_ADDR_ANY", value: header.RPMSG_ADDR_ANY, source: "linux/rpmsg.h" },
  { name: "RPMSG_NS_ADDR", value: header.RPMSG_NS_ADDR, source: "linux/rpmsg/ns.h" },
  { name: "RPMSG_RESERVED_ADDRESSES", value: header.RPMSG_RESERVED_ADDRESSES, source: BUS },
  { name: "VIRTIO_RPMSG_F_NS", value: header.VIRTIO_RPMSG_F_NS, source: BUS },
  { name: "RPMSG_NAME_SIZE", value: ns.RPMSG_NAME_SIZE, source: "linux/mod_devicetable.h" },
  { name: "RPMSG_NS_CREATE", value: ns.RPMSG_NS_CREATE, source: "linux/rpmsg/ns.h" },
  { name: "RPMSG_NS_DESTROY", value: ns.RPMSG_NS_DESTROY, source: "linux/rpmsg/ns.h" },
];
