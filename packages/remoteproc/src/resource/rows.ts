import { type ConstantRow, type FieldRow, fieldRows } from "../layout.ts";
import {
  FW_RSC_ADDR_ANY,
  FW_RSC_NOTIFY_ID_ANY,
  RESOURCE_LAYOUTS,
  RSC,
  RVDEV_NUM_VRINGS,
} from "./wire.ts";

const REMOTEPROC_H = "linux/remoteproc.h";

/** The structures of a resource table, a row a member. */
export const RESOURCE_FIELDS: readonly FieldRow[] = fieldRows(RESOURCE_LAYOUTS);

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
