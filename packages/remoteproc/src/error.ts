/**
 * Every way in which this package refuses something, one word each.
 *
 * A code names the rule that was broken, so that a program can tell the cases apart without reading
 * the message.
 */
export const REMOTEPROC_ERROR_CODES = [
  // Firmware images (image/elf).
  "ELF_MAGIC",
  "ELF_TRUNCATED",
  "ELF_CLASS",
  "ELF_BYTE_ORDER",
  "ELF_VERSION",
  "ELF_TYPE",
  "ELF_MACHINE",
  "ELF_PROGRAM_HEADER",
  "ELF_SECTION_HEADER",
  "ELF_SEGMENT_SIZE",
  "ELF_NO_SEGMENT",
  "ELF_ENTRY",
  // Where an image may be loaded (image/plan.ts).
  "SEGMENT_OUTSIDE_MEMORY",
  "SEGMENT_OVERLAP",
  // Resource tables (resource).
  "NO_RESOURCE_TABLE",
  "TABLE_TRUNCATED",
  "TABLE_VERSION",
  "TABLE_RESERVED",
  "TABLE_ENTRIES",
  "TABLE_ENTRY_TRUNCATED",
  "TABLE_ENTRY_ALIGN",
  "TABLE_ENTRY_OVERLAP",
  "TABLE_FIELD",
  "VDEV_VRINGS",
  "VRING_SIZE",
  "VRING_ALIGN",
  "NOTIFY_ID",
  // Life cycle of a processor.
  "STATE",
  "TIMEOUT",
  "ABORTED",
  "CRASHED",
  "MEMORY_FULL",
  "DRIVER",
] as const;

/** One of {@linkcode REMOTEPROC_ERROR_CODES}. */
export type RemoteprocErrorCode = (typeof REMOTEPROC_ERROR_CODES)[number];

/**
 * The one error class of this package.
 *
 * The message says what was read or attempted, on what, and which limit was broken; `code` says the
 * same to a program; `cause` keeps the error underneath, where there was one.
 *
 * @example Telling a file that is no image from every other error
 * ```ts
 * import { parseElf, RemoteprocError } from "@openamp/remoteproc/elf";
 *
 * let code = "";
 * try {
 *   parseElf(new Uint8Array(64), { name: "notes.txt" });
 * } catch (error) {
 *   if (!RemoteprocError.isRemoteprocError(error)) throw error;
 *   code = error.code;
 * }
 * if (code !== "ELF_MAGIC") throw new Error(`Unexpected code: ${code}`);
 * ```
 */
export class RemoteprocError extends Error {
  override readonly name = "RemoteprocError";

  /** Which rule was broken. */
  readonly code: RemoteprocErrorCode;

  /**
   * @param code Which rule was broken.
   * @param message One sentence without a full stop.
   * @param options `cause`, where another error is the reason.
   */
  constructor(code: RemoteprocErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /**
   * Whether `error` is a `RemoteprocError`, from whichever copy of this package.
   *
   * It goes by name and code: two versions of the package may be loaded, and then `instanceof` fails
   * for the errors of the other one.
   *
   * @param error Anything that was caught.
   * @returns `true` when `error` carries this class's name and one of its codes.
   */
  static isRemoteprocError(error: unknown): error is RemoteprocError {
    if (typeof error !== "object" || error === null) return false;
    const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
    return name === "RemoteprocError" && REMOTEPROC_ERROR_CODES.some((known) => known === code);
  }
}
