/**
 * What went wrong, as a closed list.
 *
 * | code | meaning |
 * | --- | --- |
 * | `INVALID_STATE` | a call out of order: load before prepare, start while running |
 * | `QEMU_MISSING` | there is no QEMU at that name, or it may not be run |
 * | `QEMU_TOO_OLD` | QEMU is there and lacks what this package needs |
 * | `QEMU_FAILED` | QEMU ended before the processor ran |
 * | `QMP_PROTOCOL` | what came over the monitor socket is not QMP |
 * | `QMP_REFUSED` | QEMU answered a monitor command with an error |
 * | `QMP_CLOSED` | the monitor socket is closed |
 * | `TIMEOUT` | a limit in time was reached |
 * | `ABORTED` | the caller's signal, or `unprepare`, ended the call |
 * | `SYSTEM` | the operating system refused; `cause` has its reason |
 */
export type QemuErrorCode =
  | "INVALID_STATE"
  | "QEMU_MISSING"
  | "QEMU_TOO_OLD"
  | "QEMU_FAILED"
  | "QMP_PROTOCOL"
  | "QMP_REFUSED"
  | "QMP_CLOSED"
  | "TIMEOUT"
  | "ABORTED"
  | "SYSTEM";

/**
 * The error of this package.
 *
 * Compare `code`, not the class: two versions of the package may be loaded at once.
 *
 * @example
 * ```ts
 * import { QemuError } from "@openamp/platform-qemu";
 *
 * const error = new QemuError("TIMEOUT", "Start QEMU: not running within 10000 ms");
 * if (error.code !== "TIMEOUT") throw new Error("The code is kept");
 * ```
 */
export class QemuError extends Error {
  override readonly name: string = "QemuError";
  /** What went wrong. */
  readonly code: QemuErrorCode;

  /**
   * @param code What went wrong.
   * @param message What was attempted, on what, and which limit it broke.
   * @param options The cause, where another error led to this one.
   */
  constructor(code: QemuErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
