import { systemError } from "./system_error.ts";

/** Failures in a row, each for a reason that no case expects, after which the reason is believed. */
const BELIEVED = 8;

/** Counts the failures of one call that no case of it expects. */
export interface UnexpectedErrors {
  /** The call has succeeded, or failed for a reason that is expected. */
  expected(): void;
  /**
   * The call has failed for a reason that nobody expects.
   *
   * @param errno The reason.
   * @throws {MetalError} The error of that reason, where it has failed so eight times in a row.
   */
  unexpected(errno: number): void;
}

/**
 * Tells a reason that is real from one that a runtime has left: the reason of a failure is asked for
 * by a call of its own, and the runtime may have made calls for itself on this thread in between. For
 * calls that may fail for nothing and are made again anyway, such as sleeps.
 *
 * @param action What is attempted, on what, for the error.
 * @returns The count.
 */
export function unexpectedErrors(action: string): UnexpectedErrors {
  let inRow = 0;
  return {
    expected() {
      inRow = 0;
    },
    unexpected(errno) {
      inRow++;
      if (inRow < BELIEVED) return;
      throw systemError(action, errno);
    },
  };
}
