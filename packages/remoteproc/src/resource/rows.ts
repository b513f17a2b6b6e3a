import type { ConstantRow } from "@openamp/libmetal";

import { FW_RSC_ADDR_ANY, FW_RSC_NOTIFY_ID_ANY, RSC, RVDEV_NUM_VRINGS } from "./wire.ts";

const REMOTEPROC_H = "linux/remoteproc.h";

/** The constants of a resource table, by their names in the headers. */
export const RESOURCE_CONSTANTS: readonly ConstantRow[] = [
  ...Object.entries(RSC).map(([name, value]) => ({
    name: `RSC_${name}`,
    value,
    source: REMOTEPROC_H,
  })),
  { name: "FW_RSC_ADDR_ANY", value: FW_RSC_ADDR_ANY, source: REMOTEPROC_H },
  { name: "RVDEV_NUM_VRINGS", value: RVDEV_NUM_VRINGS, source: REMOTEPROC_H },
  { name: "RSC_NOTIFY_ID_ANY", value: FW_RSC_NOTIFY_ID_ANY, source: "openamp/remoteproc.h" },
];
