import { hostClock } from "../time/host_clock.ts";
import type { Timer, WaitOptions } from "../time/clock.ts";

/** Why somebody in a line went away without a turn. */
export type TurnFailure = "TIMEOUT" | "ABORTED" | "CLOSED";

/** What somebody in a line is told. */
export interface TurnOptions<Value> extends WaitOptions {
  readonly timeout: number;
  /** A last look when time is up. */
  readonly last: () => Value | undefined;
  /** Makes the error of a failure. */
  readonly error: (failure: TurnFailure, cause?: unknown) => Error;
}

interface Place<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: unknown) => void;
  readonly leave: () => void;
}

/**
 * The tasks of one thread that wait for the same thing, first come, first served.
 */
export class Turns<Value> {
  readonly #line: Set<Place<Value>> = new Set();
  readonly #closed: AbortSignal | undefined;
  readonly #emptied: () => void;

  /**
   * @param closed Aborted when nobody's turn comes any more.
   * @param emptied Called when the last of the line went away without being served.
   */
  constructor(closed: AbortSignal | undefined, emptied: () => void) {
    this.#closed = closed;
    this.#emptied = emptied;
  }

  /** How many wait. */
  get size(): number {
    return this.#line.size;
  }

  /**
   * Stands in line.
   *
   * @param options For how long.
   * @returns What the turn brings.
   */
  wait({ timeout, signal, last, error }: TurnOptions<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#line.delete(place);
        timer.cancel();
        signal?.removeEventListener("abort", abort);
        this.#closed?.removeEventListener("abort", close);
      };
      const fail = (failure: TurnFailure, cause?: unknown): void => {
        leave();
        reject(error(failure, cause));
        this.#left();
      };
      const abort = (): void => fail("ABORTED", signal?.reason);
      const close = (): void => fail("CLOSED");
      const place: Place<Value> = { resolve, reject, leave };
      const timer: Timer = hostClock.after(timeout, () => {
        const value = last();
        if (value === undefined) {
          fail("TIMEOUT");
          return;
        }
        leave();
        resolve(value);
        this.#left();
      });
      this.#line.add(place);
      signal?.addEventListener("abort", abort, { once: true });
      this.#closed?.addEventListener("abort", close, { once: true });
    });
  }

  /**
   * Gives the first of the line its turn.
   *
   * @param value What the turn brings.
   */
  serve(value: Value): void {
    for (const { leave, resolve } of this.#line) {
      leave();
      resolve(value);
      return;
    }
  }

  /**
   * Sends everybody away.
   *
   * @param reason What they are told.
   */
  dismiss(reason: unknown): void {
    for (const { leave, reject } of this.#line) {
      leave();
      reject(reason);
    }
    this.#left();
  }

  #left(): void {
    if (this.#line.size === 0) this.#emptied();
  }
}
