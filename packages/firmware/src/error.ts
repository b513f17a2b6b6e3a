/**
 * What went wrong, as a closed list.
 *
 * | code | meaning |
 * | --- | --- |
 * | `UNKNOWN_IMAGE` | this package has no image of that name |
 * | `UNREADABLE` | the image could not be read; `cause` has the reason |
 */
export type FirmwareErrorCode = "UNKNOWN_IMAGE" | "UNREADABLE";

/**
 * The error of this package.
 *
 * Compare `code`, not the class: two versions of the package may be loaded at once.
 *
 * @example
 * ```ts
 * import { FirmwareError } from "@openamp/firmware";
 *
 * const error = new FirmwareError("UNKNOWN_IMAGE", 'No firmware image is called "ehco"');
 * if (error.code !== "UNKNOWN_IMAGE") throw new Error("The code is kept");
 * ```
 */
export class FirmwareError extends Error {
  override readonly name: string = "FirmwareError";
  /** What went wrong. */
  readonly code: FirmwareErrorCode;

  /**
   * @param code What went wrong.
   * @param message What was attempted, on what, and which limit it broke.
   * @param options The cause, where another error led to this one.
   */
  constructor(code: FirmwareErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
