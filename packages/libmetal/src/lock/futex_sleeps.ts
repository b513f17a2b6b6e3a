import { MetalError } from "../error.ts";
import { hostClock } from "../time/host_clock.ts";
import type { WaitOptions } from "../time/clock.ts";
import type { FutexOutcome } from "./futex.ts";

/** The longest sleep, in milliseconds: 24.8 days, the most that `setTimeout` takes. */
export const LONGEST_SLEEP: number = 2 ** 31 - 1;

/**
 * Ends a sleep, with an error where it failed. Returns false where it has ended before: a wake is
 * then somebody else's.
 */
export type EndSleep = (outcome: FutexOutcome | MetalError) => boolean;

/** What a sleep rests on. */
export interface ArmedSleep {
  /** Lets go of it: it was ended by something else than a wake. */
  abandon(): void;
}

/**
 * The asynchronous sleeps on the words of one memory. Each ends once, by what comes first: a wake,
 * the time, its signal, or the end of the memory.
 */
export class FutexSleeps {
  /** True once the memory is closed. */
  closed: boolean;
  readonly #name: string;
  readonly #onClosed: Set<() => void> = new Set();

  /**
   * @param name The memory, for messages.
   * @param end Aborted when the memory is closed.
   */
  constructor(name: string, end: AbortSignal | undefined) {
    this.#name = name;
    this.closed = end?.aborted ?? false;
    end?.addEventListener("abort", () => this.#close(), { once: true });
  }

  /**
   * Refuses a sleep or a wake that cannot be.
   *
   * @param action What is attempted.
   * @param words The words of the memory.
   * @param index Which word.
   * @param timeout Milliseconds, for a sleep.
   * @throws {MetalError} `CLOSED`, `OUT_OF_RANGE` or `INVALID_ARGUMENT`.
   */
  check(action: string, words: Int32Array, index: number, timeout: number = 0): void {
    if (this.closed) throw this.#closedError(action, index);
    // Written so that NaN fails too.
    if (!(index >= 0 && index < words.length) || !Number.isInteger(index)) {
      throw new MetalError(
        "OUT_OF_RANGE",
        `${action} word ${index} of "${this.#name}": it has ${words.length} words`,
      );
    }
    if (!(timeout >= 0)) {
      throw new MetalError(
        "INVALID_ARGUMENT",
        `${action} word ${index} of "${this.#name}": ${timeout} is no number of milliseconds`,
      );
    }
  }

  /**
   * Sleeps on a word that was checked before.
   *
   * @param index Which word, for messages.
   * @param options For how long.
   * @param arm Begins the sleep; gets what ends it.
   * @returns How it ended.
   * @throws {MetalError} `ABORTED` or `CLOSED`.
   */
  sleep(
    index: number,
    options: WaitOptions & { readonly timeout: number },
    arm: (end: EndSleep) => ArmedSleep,
  ): Promise<FutexOutcome> {
    const { timeout, signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(this.#abortedError(index, signal.reason));
        return;
      }
      let ended = false;
      let armed: ArmedSleep | undefined;
      const finish = (): boolean => {
        if (ended) return false;
        ended = true;
        timer.cancel();
        signal?.removeEventListener("abort", abort);
        this.#onClosed.delete(close);
        return true;
      };
      const end: EndSleep = (outcome) => {
        if (!finish()) return false;
        if (typeof outcome === "string") resolve(outcome);
        else reject(outcome);
        return true;
      };
      const fail = (error: () => MetalError): void => {
        if (!finish()) return;
        armed?.abandon();
        reject(error());
      };
      const abort = (): void => fail(() => this.#abortedError(index, signal?.reason));
      const close = (): void => fail(() => this.#closedError("Wait for", index));
      // The timer also holds the event loop: Deno's ends under a pending `Atomics.waitAsync`.
      const timer = hostClock.after(timeout, () => {
        if (end("timed-out")) armed?.abandon();
      });
      signal?.addEventListener("abort", abort, { once: true });
      this.#onClosed.add(close);
      try {
        armed = arm(end);
      } catch (thrown) {
        finish();
        throw thrown;
      }
    });
  }

  #close(): void {
    this.closed = true;
    for (const close of this.#onClosed) close();
  }

  #closedError(action: string, index: number): MetalError {
    return new MetalError("CLOSED", `${action} word ${index} of "${this.#name}": it is closed`);
  }

  #abortedError(index: number, cause: unknown): MetalError {
    return new MetalError("ABORTED", `Wait for word ${index} of "${this.#name}": aborted`, {
      cause,
    });
  }
}
