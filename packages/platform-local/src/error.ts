/**
 * What went wrong, as a closed list.
 *
 * | code | meaning |
 * | --- | --- |
 * | `MODULE` | the firmware of a Worker is a module, and this is none |
 * | `START` | the Worker ended before it was up, or was not up in time |
 * | `MEMORY_SIZE` | the memory is to be a multiple of 4096 bytes, 65536 and up |
 * | `NO_HOST` | the remote's code runs outside a Worker that a host started |
 */
export type LocalErrorCode = "MODULE" | "START" | "MEMORY_SIZE" | "NO_HOST";

/**
 * The error of this package. Compare `code`, not the class.
 *
 * @example
 * ```ts
 * import { LocalError } from "@openamp/platform-local";
 *
 * const error = new LocalError("START", "Start worker: nothing is loaded");
 * if (error.code !== "START") throw new Error("The code is kept");
 * ```
 */
export class LocalError extends Error {
  override readonly name: string = "LocalError";
  /** What went wrong. */
  readonly code: LocalErrorCode;

  /**
   * @param code What went wrong.
   * @param message What was attempted, on what, and which limit it broke.
   * @param options The cause, where another error led to this one.
   */
  constructor(code: LocalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
