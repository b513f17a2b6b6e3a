/**
 * Firmware images in ELF format: read one with full bounds checks, and ask what it is built for.
 *
 * Pure functions over bytes; nothing here touches a processor or its memory.
 *
 * @example Reading an image, or saying in one sentence why not
 * ```ts
 * import { parseElf, RemoteprocError } from "@openamp/remoteproc/elf";
 *
 * let sentence = "";
 * try {
 *   parseElf(new Uint8Array(0), { name: "echo.elf" });
 * } catch (error) {
 *   if (!RemoteprocError.isRemoteprocError(error)) throw error;
 *   sentence = error.message;
 * }
 * if (!sentence.startsWith("echo.elf is no ELF image")) throw new Error(sentence);
 * ```
 *
 * @module
 */
export * from "../../error.ts";
export * from "./wire.ts";
export * from "./image.ts";
export * from "./machine.ts";
export * from "./rows.ts";
export * from "./parse.ts";
