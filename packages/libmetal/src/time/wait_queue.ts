import type { Clock, Timer, WaitOptions } from "./clock.ts";

/** Why a wait ended without what it waited for. */
export type WaitFailure = "TIMEOUT" | "ABORTED";

/** What {@linkcode waitQueue} needs. */
export interface WaitQueueOptions {
  /** Measures the timeouts. */
  readonly clock: Clock;
  /**
   * Makes the error of a wait that failed.
   *
   * @param failure Why it ended.
   * @param what What was waited for, as given to `wait`.
   * @param cause The reason of an aborted signal.
   */
  readonly error: (failure: WaitFailure, what: string, cause?: unknown) => Error;
  /**
   * Milliseconds between two looks when nobody wakes the waiters: peers exist that never tell.
   * Default 10, the longest that DESIGN allows.
   */
  readonly interval?: number;
}

/** A wait for a condition: what to look at, and what to call it in an error. */
export interface WaitFor extends WaitOptions {
  /** Returns true when the wait is over. May throw: the wait then rejects with what was thrown. */
  readonly look: () => boolean;
  /** What is waited for, for the error message. */
  readonly what: string;
  /** Milliseconds until the wait fails with `TIMEOUT`. */
  readonly timeout: number;
}

/** Waiters that look again when they are woken, and at an interval, and never for ever. */
export interface WaitQueue {
  /**
   * Waits until `look` returns true. It looks at once, at each wake, at each interval, and a last
   * time when time is up.
   *
   * @param wait What to look at, and for how long.
   * @returns A promise that rejects when time is up, the signal aborts, or the queue is closed.
   */
  wait(wait: WaitFor): Promise<void>;
  /** Lets every waiter look again. Costs nothing when nobody waits. */
  wake(): void;
  /**
   * Rejects every waiter, and every later one.
   *
   * @param error What they are rejected with.
   */
  close(error: Error): void;
}

interface Waiter {
  readonly look: () => boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Makes a queue of waiters.
 *
 * @param options The clock, the errors, and the interval.
 * @returns The queue.
 *
 * @example
 * ```ts
 * import { hostClock, waitQueue } from "@openamp/libmetal";
 *
 * const queue = waitQueue({ clock: hostClock, error: (failure, what) => new Error(`${what}: ${failure}`) });
 * let ready = false;
 * const waiting = queue.wait({ look: () => ready, what: "Wait for the remote", timeout: 1000 });
 * ready = true;
 * queue.wake();
 * await waiting;
 * ```
 */
export function waitQueue(options: WaitQueueOptions): WaitQueue {
  const { clock, error } = options;
  const interval = options.interval ?? 10;
  const waiters = new Set<Waiter>();
  let timer: Timer | undefined;
  let closed: Error | undefined;
  // A look may act, and what it does may wake: the waiters then look again after it, not inside.
  let looking = false;
  let lookAgain = false;

  function look(waiter: Waiter): boolean {
    try {
      if (!waiter.look()) return false;
      // Before anything else can run: a look that takes something must not be called again.
      waiters.delete(waiter);
      waiter.resolve();
    } catch (thrown) {
      fail(waiter, thrown);
    }
    return true;
  }

  function fail(waiter: Waiter, reason: unknown): void {
    waiters.delete(waiter);
    waiter.reject(reason);
  }

  function wake(): void {
    if (waiters.size === 0) return;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    lookAgain = false;
    for (const waiter of waiters) look(waiter);
    // Once and no more: a peer that sends without a pause would keep us here. The rest is seen at
    // the next interval.
    if (lookAgain) for (const waiter of waiters) look(waiter);
    looking = false;
  }

  function tick(): void {
    timer = undefined;
    wake();
    keepLooking();
  }

  function keepLooking(): void {
    if (waiters.size > 0 && timer === undefined) timer = clock.after(interval, tick);
  }

  async function wait(request: WaitFor): Promise<void> {
    const { what, timeout, signal } = request;
    if (closed !== undefined) throw closed;
    if (signal?.aborted) throw error("ABORTED", what, signal.reason);
    if (request.look()) return;
    let deadline: Timer | undefined;
    let abort: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const waiter: Waiter = { look: request.look, resolve, reject };
        waiters.add(waiter);
        deadline = clock.after(timeout, () => {
          if (!waiters.has(waiter)) return;
          // The last look: what came since the one before must not be called too late.
          if (!look(waiter)) fail(waiter, error("TIMEOUT", what));
        });
        abort = () => fail(waiter, error("ABORTED", what, signal?.reason));
        signal?.addEventListener("abort", abort, { once: true });
        keepLooking();
      });
    } finally {
      deadline?.cancel();
      if (abort !== undefined) signal?.removeEventListener("abort", abort);
      if (waiters.size === 0) {
        timer?.cancel();
        timer = undefined;
      }
    }
  }

  return {
    wait,
    wake,
    close(reason) {
      closed ??= reason;
      for (const waiter of waiters) fail(waiter, closed);
    },
  };
}
