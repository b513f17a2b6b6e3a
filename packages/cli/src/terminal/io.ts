/** Where a command writes, and what ends it early: passed in, so that tests can look. */
export interface Io {
  /** Whether standard output and standard error take colours. */
  readonly colour: boolean;
  /** Ends the command early. */
  readonly signal: AbortSignal;
  /**
   * Writes one line to standard output.
   *
   * @param line The line, without a line end.
   */
  readonly out: (line: string) => void;
  /**
   * Writes one line to standard error.
   *
   * @param line The line, without a line end.
   */
  readonly err: (line: string) => void;
  /**
   * Shows how far long work is: a line that the next one takes the place of, on standard error and
   * only where that is a terminal.
   *
   * @param line The line; an empty one takes the last away.
   */
  readonly progress: (line: string) => void;
}
