/** A timer that was set and can be cancelled. */
export interface Timer {
  /** Cancels the timer; harmless when it has fired already. */
  cancel(): void;
}

/** Time, passed in, so that a test can hold it still. Upstream: `metal_get_timestamp`. */
export interface Clock {
  /** Milliseconds since a fixed moment, with fractions; never goes back. */
  now(): number;
  /**
   * Calls back once after a while.
   *
   * @param milliseconds How long, 0 and up.
   * @param callback What to call.
   * @returns The timer, to cancel it.
   */
  after(milliseconds: number, callback: () => void): Timer;
}

/** How long a call may wait. No call of these packages waits without an end. */
export interface WaitOptions {
  /** Milliseconds, 0 and up. Each call names its own default. */
  readonly timeout?: number | undefined;
  /** Ends the wait early. */
  readonly signal?: AbortSignal | undefined;
}
