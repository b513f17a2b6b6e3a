import type { ConstantRow, StructLayout } from "@openamp/libmetal";

import * as header from "./header.ts";
import * as ns from "./name_service.ts";

/** The structures of rpmsg. */
export const RPMSG_LAYOUTS: readonly StructLayout[] = [
  {
    name: "rpmsg_hdr",
    source: "drivers/rpmsg/virtio_rpmsg_bus.c",
    size: header.RPMSG_HEADER_SIZE,
    fields: {
      src: { offset: header.RPMSG_HEADER_SOURCE, size: 4 },
      dst: { offset: header.RPMSG_HEADER_DESTINATION, size: 4 },
      reserved: { offset: header.RPMSG_HEADER_RESERVED, size: 4 },
      len: { offset: header.RPMSG_HEADER_LENGTH, size: 2 },
      flags: { offset: header.RPMSG_HEADER_FLAGS, size: 2 },
    },
  },
  {
    name: "rpmsg_ns_msg",
    source: "linux/rpmsg/ns.h",
    size: ns.RPMSG_NS_MESSAGE_SIZE,
    fields: {
      name: { offset: ns.RPMSG_NS_NAME, size: ns.RPMSG_NAME_SIZE },
      addr: { offset: ns.RPMSG_NS_ADDRESS, size: 4 },
      flags: { offset: ns.RPMSG_NS_FLAGS, size: 4 },
    },
  },
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
