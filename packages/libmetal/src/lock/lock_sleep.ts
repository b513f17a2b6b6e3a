import { hostClock } from "../time/host_clock.ts";
import type { Futex, FutexOutcome } from "./futex.ts";
import type { LockAcquisition, OwnerWord } from "./owner_word.ts";

/**
 * Milliseconds of the first sleep, and of the longest: after each the owner may have died, or one who
 * was woken in our stead. Everyone who shares a lock looks as often, so none is stuck for longer.
 */
const FIRST_SLEEP = 2;
const LONGEST_SLEEP = 100;

/** Looks at a word that others change all the time before it is slept on. */
const MOST_TRIES = 8;

/** A sleep to sleep. */
export interface LockNap {
  /** Only while the word is this. */
  readonly expected: number;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * One wait for a word that others own: when to sleep, on what, and for how long. The sleeping itself
 * is left to the caller, which blocks its thread or does not.
 */
export class LockSleep {
  readonly #word: OwnerWord;
  #slept = false;
  #length = FIRST_SLEEP;

  constructor(word: OwnerWord) {
    this.#word = word;
  }

  /**
   * Takes the word, or says what to sleep on.
   *
   * @param rest Milliseconds that the wait has left.
   * @returns How it was got, or the value to sleep on and for how many milliseconds.
   */
  next(rest: number): LockAcquisition | LockNap {
    const word = this.#word;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const taken = word.take(this.#slept);
      if (taken !== undefined) return taken;
      const expected = word.announce();
      if (expected !== undefined) return { expected, timeout: Math.min(this.#length, rest) };
    }
    // It is given back and taken all the time, or somebody plays with it.
    const expected = Atomics.load(word.words, word.index);
    return { expected, timeout: Math.min(FIRST_SLEEP, rest) };
  }

  /** Ends a sleep; takes the word where its owner is found dead. */
  end(outcome: FutexOutcome): LockAcquisition | undefined {
    this.#slept = true;
    if (outcome !== "timed-out") return undefined;
    this.#length = Math.min(this.#length * 2, LONGEST_SLEEP);
    return this.#word.takeFromDead(true);
  }

  /** Gives the wait up: a wake that reached it is the next one's. */
  giveUp(): void {
    if (this.#slept) this.#word.passOn();
  }
}

/**
 * Waits for a word, and blocks this thread meanwhile.
 *
 * @param futex Sleeps on it.
 * @param word The word.
 * @param timeout Milliseconds.
 * @returns How it was got, or undefined when time is up.
 */
export function sleepForWord(
  futex: Futex,
  word: OwnerWord,
  timeout: number,
): LockAcquisition | undefined {
  const end = hostClock.now() + timeout;
  const sleep = new LockSleep(word);
  for (;;) {
    const rest = Math.max(end - hostClock.now(), 0);
    const next = sleep.next(rest);
    if (typeof next === "string") return next;
    if (rest === 0) break;
    const inherited = sleep.end(futex.wait(word.index, next.expected, next.timeout));
    if (inherited !== undefined) return inherited;
  }
  sleep.giveUp();
  return undefined;
}
