/**
 * What a testing tool found, as a closed list.
 *
 * | code | meaning |
 * | --- | --- |
 * | `ACCESS` | guarded memory was touched where or how it may not be |
 * | `INCOHERENT` | a cache hid or destroyed a write |
 * | `DIVERGED` | a queue did something else than the reference model |
 * | `TIMER_STORM` | timers set one another without end while a fake clock stood still |
 * | `INVALID_ARGUMENT` | a value that no call could accept |
 */
export type TestingErrorCode =
  | "ACCESS"
  | "INCOHERENT"
  | "DIVERGED"
  | "TIMER_STORM"
  | "INVALID_ARGUMENT";

/**
 * The error of this package: what it throws is a failed test, or a mistake in one.
 *
 * @example
 * ```ts
 * import { TestingError } from "@openamp/testing";
 *
 * const error = new TestingError("ACCESS", "Write of 4 bytes at offset 16: the range is read-only");
 * if (error.code !== "ACCESS") throw new Error("The code is kept");
 * ```
 */
export class TestingError extends Error {
  override readonly name: string = "TestingError";
  /** What was found. */
  readonly code: TestingErrorCode;

  /**
   * @param code What was found.
   * @param message What was attempted, on what, and which limit it broke.
   * @param options The cause, where another error led to this one.
   */
  constructor(code: TestingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
