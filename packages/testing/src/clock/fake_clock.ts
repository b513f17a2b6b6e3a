import { setImmediate } from "node:timers/promises";

import type { Clock } from "@openamp/libmetal";

import { TestingError } from "../error.ts";

/** Timers that may fire in one `advance` before it is taken for a storm. */
const STORM = 100_000;

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Timers that are set and have neither fired nor been cancelled. */
  readonly pending: number;
  /**
   * Moves time on and fires what falls due, in the order of the due times and, at the same time, in
   * the order in which the timers were set. A timer that a callback sets fires too where it falls
   * due.
   *
   * @param milliseconds How far, 0 and up.
   * @throws {TestingError} `TIMER_STORM` where timers set one another without end.
   */
  advance(milliseconds: number): void;
  /**
   * The same, and lets the jobs of promises run before the first timer and after each: for code
   * that waits between its timers.
   *
   * @param milliseconds How far, 0 and up.
   */
  advanceAsync(milliseconds: number): Promise<void>;
}

interface FakeTimer {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * Makes a clock that stands still.
 *
 * @param start What `now` says at first, in milliseconds. Default 0.
 * @returns The clock.
 *
 * @example
 * ```ts
 * import { fakeClock } from "@openamp/testing";
 *
 * const clock = fakeClock();
 * const fired: number[] = [];
 * clock.after(10, () => fired.push(clock.now()));
 * clock.advance(9.5);
 * if (clock.pending !== 1) throw new Error("Not due yet");
 * clock.advance(100);
 * if (fired[0] !== 10) throw new Error("Fired at its time, not at the end");
 * ```
 */
export function fakeClock(start: number = 0): FakeClock {
  let now = start;
  const timers = new Set<FakeTimer>();

  /** The timer that fires next, up to a moment. A set keeps the order in which they were set. */
  function nextDue(until: number): FakeTimer | undefined {
    let next: FakeTimer | undefined;
    for (const timer of timers) {
      if (timer.due <= until && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  }

  /** Fires the timers up to a moment, one a step, and leaves the clock there. */
  function* steps(milliseconds: number): Generator<void> {
    if (!(milliseconds >= 0)) {
      throw new TestingError("INVALID_ARGUMENT", `Advance a clock by ${milliseconds} ms`);
    }
    const until = now + milliseconds;
    let timer = nextDue(until);
    for (let fired = 0; timer !== undefined; fired++) {
      if (fired === STORM) {
        throw new TestingError(
          "TIMER_STORM",
          `Advance a clock by ${milliseconds} ms: ${STORM} timers fired, and more are due`,
        );
      }
      timers.delete(timer);
      now = Math.max(now, timer.due);
      timer.callback();
      yield;
      timer = nextDue(until);
    }
    now = until;
  }

  return {
    get pending() {
      return timers.size;
    },
    now: () => now,
    after(milliseconds, callback) {
      const timer: FakeTimer = { due: now + Math.max(0, milliseconds), callback };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    advance(milliseconds) {
      for (const _ of steps(milliseconds));
    },
    async advanceAsync(milliseconds) {
      // A macrotask comes after every promise job that can run.
      await setImmediate();
      for (const _ of steps(milliseconds)) await setImmediate();
    },
  };
}
