/**
 * Cortex-M3 firmware in QEMU as the other processor of OpenAMP.
 *
 * {@linkcode mps2an385} is the platform; `openProcessor` of `@openamp/openamp` takes it. It needs
 * QEMU (Debian, Ubuntu: `apt install qemu-system-arm`).
 *
 * @example
 * ```ts
 * import { mps2an385 } from "@openamp/platform-qemu";
 *
 * const driver = mps2an385();
 * if (driver.name !== "m3") throw new Error("The processor is called m3 unless told otherwise");
 * ```
 *
 * @module
 */
export * from "./error.ts";
export * from "./memory_map.ts";
export * from "./mps2_an385.ts";
