/**
 * The bytes of rpmsg: header and name service.
 *
 * @example
 * ```ts
 * import { RPMSG_HEADER_SIZE, RPMSG_BUFFER_SIZE } from "@openamp/rpmsg/wire";
 *
 * if (RPMSG_BUFFER_SIZE - RPMSG_HEADER_SIZE !== 496) throw new Error("The payload that all know");
 * ```
 *
 * @module
 */
export * from "./header.ts";
export * from "./name_service.ts";
export * from "./rows.ts";
