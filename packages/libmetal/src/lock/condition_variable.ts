import { MetalError } from "../error.ts";
import { hostClock } from "../time/host_clock.ts";
import type { WaitOptions } from "../time/clock.ts";
import { EventLoopTurns } from "./event_loop_turns.ts";
import type { Futex } from "./futex.ts";
import { checkPlace, LOCK_TIMEOUT, type LockPlace } from "./lock_place.ts";
import { CONDITION_SEQUENCE, CONDITION_SIZE } from "./lock_wire.ts";
import type { Mutex } from "./mutex.ts";
import type { LockAcquisition } from "./owner_word.ts";

/**
 * Milliseconds of the longest sleep. A waiter that was woken and died then has kept nobody else from
 * seeing the signal for longer.
 */
const LONGEST_SLEEP = 100;

/** How a wait for a condition ended. */
export interface ConditionOutcome {
  /** False where time was up. True does not say that the condition holds: look at it again. */
  readonly signalled: boolean;
  /** How the mutex was got again. */
  readonly mutex: LockAcquisition;
}

/**
 * A condition variable in shared memory, between threads of any processes and runtimes. Upstream:
 * `metal_condition_*`.
 *
 * A wait gives the mutex back, sleeps until somebody signals, and takes the mutex again before it
 * ends, however it ends. No signal that comes after the mutex was given back is lost. A wait may end
 * though nobody signalled, or though another has seen the signal first: call it in a loop that looks
 * at the condition.
 */
export interface ConditionVariable {
  /** Wakes one waiter, where there is one. Upstream: `metal_condition_signal`. */
  signal(): void;
  /** Wakes all waiters. Upstream: `metal_condition_broadcast`. */
  broadcast(): void;
  /**
   * Waits, and blocks this thread meanwhile: for Workers. Upstream: `metal_condition_wait`.
   *
   * @param mutex The mutex, acquired once through this handle.
   * @param timeout Milliseconds until the wait for a signal ends. Default 5000. The mutex is then
   *   waited for up to 5000 more.
   * @returns How it ended.
   * @throws {MetalError} `NOT_OWNER` where the mutex is not acquired, `DEADLOCK` where it is more than
   *   once; `TIMEOUT` where the mutex is not to be had again: it is not acquired then; `CLOSED`.
   */
  wait(mutex: Mutex, timeout?: number): ConditionOutcome;
  /**
   * Waits, and leaves the event loop its turns meanwhile.
   *
   * @param mutex The mutex, acquired once through this handle.
   * @param options For how long to wait for a signal. Default 5000 milliseconds.
   * @returns How it ended.
   * @throws {MetalError} As `wait`; `ABORTED` with the mutex acquired again.
   */
  waitAsync(mutex: Mutex, options?: WaitOptions): Promise<ConditionOutcome>;
}

/**
 * Makes a handle of the condition variable at a place. Each thread makes its own, once.
 *
 * @param place Where it lies: 8 bytes.
 * @returns The handle.
 * @throws {MetalError} As `createMutex`.
 *
 * @example
 * ```ts
 * import {
 *   atomicsFutex,
 *   bufferMemory,
 *   createConditionVariable,
 *   createMutex,
 * } from "@openamp/libmetal";
 *
 * const buffer = new SharedArrayBuffer(64);
 * const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer });
 * const shared = { memory, futex: atomicsFutex(memory), identity: { tid: 1, startTime: 0 } };
 * const mutex = createMutex({ ...shared, offset: 0 });
 * const filled = createConditionVariable({ ...shared, offset: 16 });
 * let items = 0;
 *
 * async function consume(): Promise<void> {
 *   await mutex.acquireAsync();
 *   while (items === 0) await filled.waitAsync(mutex);
 *   items--;
 *   mutex.release();
 * }
 *
 * const consumed = consume();
 * await mutex.acquireAsync();
 * items++;
 * filled.signal();
 * mutex.release();
 * await consumed;
 * if (items !== 0) throw new Error("It was consumed");
 * ```
 */
export function createConditionVariable(place: LockPlace): ConditionVariable {
  const what = checkPlace(place, "condition variable", CONDITION_SIZE);
  const index = (place.offset + CONDITION_SEQUENCE) >>> 2;
  return new SequenceCondition(place.futex, index, what);
}

class SequenceCondition implements ConditionVariable {
  readonly #futex: Futex;
  readonly #index: number;
  readonly #what: string;

  constructor(futex: Futex, index: number, what: string) {
    this.#futex = futex;
    this.#index = index;
    this.#what = what;
  }

  signal(): void {
    this.#wake("Signal", 1);
  }

  broadcast(): void {
    this.#wake("Broadcast", Infinity);
  }

  wait(mutex: Mutex, timeout: number = LOCK_TIMEOUT): ConditionOutcome {
    const sequence = this.#begin(mutex, timeout);
    const end = hostClock.now() + timeout;
    let failure: unknown;
    try {
      for (let rest = timeout; ; rest = Math.max(end - hostClock.now(), 0)) {
        this.#futex.wait(this.#index, sequence, Math.min(rest, LONGEST_SLEEP));
        if (this.#load() !== sequence || rest === 0) break;
      }
    } catch (thrown) {
      failure = thrown;
    }
    const signalled = this.#load() !== sequence;
    const acquisition = mutex.acquire(LOCK_TIMEOUT);
    if (failure !== undefined) throw failure;
    return { signalled, mutex: acquisition };
  }

  async waitAsync(mutex: Mutex, options: WaitOptions = {}): Promise<ConditionOutcome> {
    const { timeout = LOCK_TIMEOUT, signal } = options;
    if (signal?.aborted) throw this.#error("ABORTED", "aborted", signal.reason);
    const sequence = this.#begin(mutex, timeout);
    const end = hostClock.now() + timeout;
    const turns = new EventLoopTurns();
    let failure: unknown;
    try {
      for (let rest = timeout; ; rest = Math.max(end - hostClock.now(), 0)) {
        const nap = Math.min(rest, LONGEST_SLEEP);
        // oxlint-disable-next-line no-await-in-loop -- one sleep after the other
        const outcome = await this.#futex.waitAsync(this.#index, sequence, {
          timeout: nap,
          signal,
        });
        // oxlint-disable-next-line no-await-in-loop -- one sleep after the other
        await turns.after(outcome);
        if (this.#load() !== sequence || rest === 0) break;
      }
    } catch (thrown) {
      failure = signal?.aborted ? this.#error("ABORTED", "aborted", signal.reason) : thrown;
    }
    const signalled = this.#load() !== sequence;
    const acquisition = await mutex.acquireAsync({ timeout: LOCK_TIMEOUT });
    if (failure !== undefined) throw failure;
    return { signalled, mutex: acquisition };
  }

  /** Gives the mutex back. Returns the sequence from which a signal tells itself. */
  #begin(mutex: Mutex, timeout: number): number {
    this.#check("Wait for");
    if (!(timeout >= 0)) {
      throw this.#error("INVALID_ARGUMENT", `${timeout} is no number of milliseconds`);
    }
    if (mutex.depth === 0) {
      throw this.#error("NOT_OWNER", "its mutex is not acquired through this handle");
    }
    if (mutex.depth > 1) {
      throw this.#error(
        "DEADLOCK",
        `its mutex is acquired ${mutex.depth} times, and would be kept`,
      );
    }
    const sequence = this.#load();
    mutex.release();
    return sequence;
  }

  #wake(action: string, count: number): void {
    this.#check(action);
    Atomics.add(this.#futex.words, this.#index, 1);
    this.#futex.wake(this.#index, count);
  }

  #load(): number {
    return Atomics.load(this.#futex.words, this.#index);
  }

  #check(action: string): void {
    if (!this.#futex.closed) return;
    throw new MetalError("CLOSED", `${action} ${this.#what}: the memory is closed`);
  }

  #error(code: MetalError["code"], reason: string, cause?: unknown): MetalError {
    const options = cause === undefined ? undefined : { cause };
    return new MetalError(code, `Wait for ${this.#what}: ${reason}`, options);
  }
}
