/**
 * The bytes of VirtIO: layouts and constants, each with its section or header.
 *
 * @example
 * ```ts
 * import { SPLIT_RING_FIELDS } from "@openamp/virtio/wire";
 *
 * const next = SPLIT_RING_FIELDS.find((row) => row.struct === "vring_desc" && row.field === "next");
 * if (next?.offset !== 14) throw new Error("next is the last field of a descriptor");
 * ```
 *
 * @module
 */
export * from "./field_layout.ts";
export * from "./split_ring.ts";
export * from "./split_ring_rows.ts";
export * from "./device_id.ts";
export * from "./status.ts";
export * from "./feature.ts";
