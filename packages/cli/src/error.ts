/**
 * What went wrong, as a closed list.
 *
 * | code | meaning |
 * | --- | --- |
 * | `USAGE` | the command line, or an option, is wrong |
 * | `NO_ANSWER` | the firmware did not answer a message within the limit |
 * | `INTERRUPTED` | the caller's signal, or the operating system's, ended the command |
 */
export type CliErrorCode = "USAGE" | "NO_ANSWER" | "INTERRUPTED";

/**
 * The error of this package. Compare `code`, not the class.
 *
 * @example
 * ```ts
 * import { CliError } from "@openamp/cli";
 *
 * const error = new CliError("USAGE", 'Unknown command "dmeo"');
 * if (error.code !== "USAGE") throw new Error("The code is kept");
 * ```
 */
export class CliError extends Error {
  override readonly name: string = "CliError";
  /** What went wrong. */
  readonly code: CliErrorCode;

  /**
   * @param code What went wrong.
   * @param message One sentence for a person.
   * @param options The cause, where another error led to this one.
   */
  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
