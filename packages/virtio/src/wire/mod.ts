/**
 * The bytes of VirtIO: layouts and constants, each with its section or header.
 *
 * @example
 * ```ts
 * import { DESCRIPTOR_NEXT, SPLIT_RING_LAYOUTS } from "@openamp/virtio/wire";
 *
 * const descriptor = SPLIT_RING_LAYOUTS.find(({ name }) => name === "vring_desc");
 * if (descriptor?.fields["next"]?.offset !== DESCRIPTOR_NEXT) throw new Error("Two tellings differ");
 * ```
 *
 * @module
 */
export * from "./split_ring.ts";
export * from "./split_ring_rows.ts";
export * from "./device_id.ts";
export * from "./status.ts";
export * from "./feature.ts";
export * from "./device_rows.ts";
