/**
 * What went wrong, as a closed list.
 *
 * | code | meaning | upstream's number |
 * | --- | --- | --- |
 * | `INVALID_ARGUMENT` | a value that no call could accept | -EINVAL |
 * | `OUT_OF_RANGE` | an offset or a length beyond the region | -ERANGE |
 * | `MISALIGNED` | an offset that is not a multiple of the access width | -EINVAL |
 * | `OVERLAP` | two ranges that must lie apart share an address or a number | -EINVAL |
 * | `READ_ONLY` | a write to a region that may only be read | -EACCES |
 * | `NOT_FOUND` | no file, device or region of that name | -ENOENT |
 * | `EXISTS` | the name, the number or the address is taken | -EEXIST |
 * | `BUSY` | it is in use, and may be free later | -EBUSY |
 * | `PERMISSION` | this user may not; the message says what would let it | -EACCES, -EPERM |
 * | `NO_SPACE` | the memory, the table or the file system is full | -ENOMEM, -ENOSPC |
 * | `NOT_OWNER` | a lock, a block or a hold of somebody else, or of nobody | -EPERM |
 * | `DEADLOCK` | the wait could only be ended by the one who waits | -EDEADLK |
 * | `CORRUPT` | what lies in shared memory contradicts itself | -EILSEQ |
 * | `FAULT` | an address that is not mapped, or not for this direction | -EFAULT |
 * | `TIMEOUT` | time was up | -ETIMEDOUT |
 * | `ABORTED` | the signal of the wait was aborted | -ECANCELED |
 * | `UNSUPPORTED` | this runtime or host cannot do it | -ENOSYS |
 * | `CLOSED` | the owner was closed before | -ENODEV |
 * | `SYSTEM` | the operating system refused; the message has its reason | its errno |
 */
export type MetalErrorCode =
  | "INVALID_ARGUMENT"
  | "OUT_OF_RANGE"
  | "MISALIGNED"
  | "OVERLAP"
  | "READ_ONLY"
  | "NOT_FOUND"
  | "EXISTS"
  | "BUSY"
  | "PERMISSION"
  | "NO_SPACE"
  | "NOT_OWNER"
  | "DEADLOCK"
  | "CORRUPT"
  | "FAULT"
  | "TIMEOUT"
  | "ABORTED"
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
