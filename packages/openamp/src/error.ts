/**
 * What went wrong, as a closed list.
 *
 * | code | meaning |
 * | --- | --- |
 * | `NO_RPMSG` | the firmware offers no rpmsg device |
 * | `NOT_ANNOUNCED` | the firmware did not announce the service within the limit |
 * | `NOT_READY` | the firmware gave no sign of life within the limit |
 * | `CRASHED` | the processor died |
 * | `STOPPED` | the processor is not running, or was stopped meanwhile |
 * | `ABORTED` | the caller's signal aborted |
 * | `CLOSED` | the channel was closed |
 */
export type OpenampErrorCode =
  | "NO_RPMSG"
  | "NOT_ANNOUNCED"
  | "NOT_READY"
  | "CRASHED"
  | "STOPPED"
  | "ABORTED"
  | "CLOSED";

/**
 * The error of this package. Compare `code`, not the class.
 *
 * @example
 * ```ts
 * import { OpenampError } from "@openamp/openamp";
 *
 * const error = new OpenampError("STOPPED", "Wait for m3: echo.elf on m3 is not running");
 * if (error.code !== "STOPPED") throw new Error("The code is kept");
 * ```
 */
export class OpenampError extends Error {
  override readonly name: string = "OpenampError";
  /** What went wrong. */
  readonly code: OpenampErrorCode;

  /**
   * @param code What went wrong.
   * @param message What was attempted, on what, and which limit it broke.
   * @param options The cause, where another error led to this one.
   */
  constructor(code: OpenampErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
