/**
 * What went wrong, as a closed list.
 *
 * | code | meaning | upstream's number |
 * | --- | --- | --- |
 * | `INVALID_ARGUMENT` | a value that no call could accept | -EINVAL |
 * | `OUT_OF_RANGE` | an offset or a length beyond the region | -ERANGE |
 * | `MISALIGNED` | an offset that is not a multiple of the access width | -EINVAL |
 * | `OVERLAP` | two windows of one address space share an address | -EINVAL |
 * | `NOT_FOUND` | no file or region of that name | -ENOENT |
 * | `UNSUPPORTED` | this runtime or host cannot do it | -ENOSYS |
 * | `CLOSED` | the owner was closed before | -ENODEV |
 * | `SYSTEM` | the operating system refused; the message has its reason | its errno |
 */
export type MetalErrorCode =
  | "INVALID_ARGUMENT"
  | "OUT_OF_RANGE"
  | "MISALIGNED"
  | "OVERLAP"
  | "NOT_FOUND"
  | "UNSUPPORTED"
  | "CLOSED"
  | "SYSTEM";

/**
 * The error of this package.
 *
 * Compare `code`, not the class: two versions of the package may be loaded at once.
 *
 * @example
 * ```ts
 * import { MetalError } from "@openamp/libmetal";
 *
 * const error = new MetalError("OUT_OF_RANGE", "Read of 4 bytes at 0x10 in region shm of 16 bytes");
 * if (error.code !== "OUT_OF_RANGE") throw new Error("The code is kept");
 * ```
 */
export class MetalError extends Error {
  override readonly name: string = "MetalError";
  /** What went wrong. */
  readonly code: MetalErrorCode;

  /**
   * @param code What went wrong.
   * @param message What was attempted, on what, and which limit it broke.
   * @param options The cause, where another error led to this one.
   */
  constructor(code: MetalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
