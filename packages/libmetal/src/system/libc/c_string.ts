import { MetalError } from "../../error.ts";

/**
 * A path as the C library takes it.
 *
 * @param action What is attempted, on what.
 * @param path The path.
 * @returns Its bytes and a zero byte.
 * @throws {MetalError} `INVALID_ARGUMENT` where it is empty, or ends before its end.
 */
export function cPath(action: string, path: string): Uint8Array {
  if (path === "" || path.includes("\0")) {
    throw new MetalError("INVALID_ARGUMENT", `${action}: that is no path`);
  }
  return cString(path);
}

/**
 * A text as the C library takes it.
 *
 * @param text The text, without a zero byte.
 * @returns Its bytes and a zero byte.
 */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
