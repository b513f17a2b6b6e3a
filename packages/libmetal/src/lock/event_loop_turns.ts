import { hostClock } from "../time/host_clock.ts";
import type { FutexOutcome } from "./futex.ts";

/** Sleeps in a row that did not begin, before the event loop has its turn. */
const MOST_MISSES = 16;

/**
 * Keeps a loop of asynchronous sleeps from being one task without end: a sleep does not begin where
 * the word has changed, and somebody may change it all the time. No timer would end the wait then.
 */
export class EventLoopTurns {
  #misses = 0;

  /**
   * Gives the event loop its turn, if it had none for long.
   *
   * @param outcome How the last sleep ended.
   */
  async after(outcome: FutexOutcome): Promise<void> {
    this.#misses = outcome === "not-equal" ? this.#misses + 1 : 0;
    if (this.#misses < MOST_MISSES) return;
    this.#misses = 0;
    await new Promise<void>((resolve) => void hostClock.after(0, resolve));
  }
}
