import { getSystemErrorMap } from "node:util";
import { MetalError } from "../../error.ts";
import { LINUX } from "./linux.ts";

/**
 * The error of a call that the operating system refused.
 *
 * @param action What was attempted, on what.
 * @param errno The error number.
 * @param cause The error of the host, where it has thrown one.
 * @returns `NOT_FOUND` where there is nothing of that name, `SYSTEM` otherwise; the message has the
 *   number in words.
 */
export function systemError(action: string, errno: number, cause?: unknown): MetalError {
  const [name, words] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, "failed"];
  const absent = errno === LINUX.ENOENT || errno === LINUX.ENOTDIR;
  return new MetalError(
    absent ? "NOT_FOUND" : "SYSTEM",
    `${action}: ${words} (${name})`,
    cause === undefined ? undefined : { cause },
  );
}
