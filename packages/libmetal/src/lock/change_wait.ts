import { hostClock } from "../time/host_clock.ts";
import { EventLoopTurns } from "./event_loop_turns.ts";
import type { Futex } from "./futex.ts";

/** Milliseconds of the first sleep, and of the longest. */
const FIRST_SLEEP = 2;
const LONGEST_SLEEP = 100;

/**
 * A wait for others to leave, asleep on a word that they change when they do. None is longer than
 * 100 ms: one who has left may have died before it woke us.
 */
export class ChangeWait {
  readonly #futex: Futex;
  readonly #index: number;
  readonly #end: number;
  #length = FIRST_SLEEP;
  #noted = 0;
  readonly #turns = new EventLoopTurns();

  constructor(futex: Futex, index: number, timeout: number) {
    this.#futex = futex;
    this.#index = index;
    this.#end = hostClock.now() + timeout;
  }

  get isOver(): boolean {
    return hostClock.now() >= this.#end;
  }

  /** Before each look: a change after it ends the sleep. */
  note(): void {
    this.#noted = Atomics.load(this.#futex.words, this.#index);
  }

  sleep(): void {
    this.#futex.wait(this.#index, this.#noted, this.#next());
  }

  async sleepAsync(signal: AbortSignal | undefined): Promise<void> {
    const timeout = this.#next();
    try {
      const outcome = await this.#futex.waitAsync(this.#index, this.#noted, { timeout, signal });
      await this.#turns.after(outcome);
    } catch (thrown) {
      // The next look says so, in the lock's own words.
      if (signal?.aborted !== true) throw thrown;
    }
  }

  #next(): number {
    const length = this.#length;
    this.#length = Math.min(length * 2, LONGEST_SLEEP);
    return Math.max(Math.min(length, this.#end - hostClock.now()), 0);
  }
}
