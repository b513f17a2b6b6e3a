import { getSystemErrorMap } from "node:util";
import { MetalError, type MetalErrorCode } from "../../error.ts";
import { LINUX } from "./linux.ts";

/** What more is known about a call that the operating system refused. */
export interface SystemErrorOptions {
  /** The error of the host, where it has thrown one. */
  readonly cause?: unknown;
  /** What would let the call succeed, as the second half of a sentence. */
  readonly hint?: string | undefined;
}

/**
 * The error of a call that the operating system refused.
 *
 * @param action What was attempted, on what.
 * @param errno The error number.
 * @param options The cause, and a hint.
 * @returns An error whose message has the number in words, and the hint behind it. Its code follows
 *   the number; it is `SYSTEM` where none fits.
 */
export function systemError(
  action: string,
  errno: number,
  options: SystemErrorOptions = {},
): MetalError {
  const { cause, hint } = options;
  const [name, words] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, "failed"];
  const message = `${action}: ${words} (${name})${hint === undefined ? "" : `; ${hint}`}`;
  return new MetalError(codeOf(errno), message, cause === undefined ? undefined : { cause });
}

function codeOf(errno: number): MetalErrorCode {
  switch (errno) {
    case LINUX.ENOENT:
    case LINUX.ENOTDIR:
      return "NOT_FOUND";
    case LINUX.EACCES:
    case LINUX.EPERM:
    case LINUX.EROFS:
      return "PERMISSION";
    case LINUX.EEXIST:
      return "EXISTS";
    case LINUX.EBUSY:
      return "BUSY";
    case LINUX.ENOSPC:
    case LINUX.EDQUOT:
    case LINUX.ENOMEM:
    case LINUX.EMFILE:
    case LINUX.ENFILE:
      return "NO_SPACE";
    case LINUX.EISDIR:
    case LINUX.ENAMETOOLONG:
      return "INVALID_ARGUMENT";
    default:
      return "SYSTEM";
  }
}
