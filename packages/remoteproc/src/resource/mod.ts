/**
 * Resource tables: what a firmware image asks of its host, and the virtio devices that it offers.
 *
 * Pure functions over bytes; nothing here touches a processor or its memory.
 *
 * @example
 * ```ts
 * import { buildResourceTable, parseResourceTable } from "@openamp/remoteproc/resource-table";
 *
 * const bytes = buildResourceTable([{ type: "carveout", name: "vdev0buffer", len: 0x8000 }]);
 * const [entry] = parseResourceTable(bytes).entries;
 * if (entry?.type !== "carveout" || entry.name !== "vdev0buffer") {
 *   throw new Error("Unexpected entry");
 * }
 * ```
 *
 * @module
 */
export * from "../error.ts";
export * from "./wire.ts";
export * from "./rows.ts";
export * from "./entry.ts";
export * from "./parse.ts";
export * from "./build.ts";
export * from "./notify_ids.ts";
