import { cpuYield } from "../cpu/cpu_yield.ts";
import { MetalError } from "../error.ts";
import type { WaitOptions } from "../time/clock.ts";
import { hostClock } from "../time/host_clock.ts";
import { EventLoopTurns } from "./event_loop_turns.ts";
import type { Futex } from "./futex.ts";
import { LOCK_TIMEOUT, type LockPlace } from "./lock_place.ts";
import { LockSleep, sleepForWord } from "./lock_sleep.ts";
import { MUTEX_DEPTH_TASK } from "./lock_wire.ts";
import { type LockAcquisition, OwnerWord } from "./owner_word.ts";
import { type TurnFailure, Turns } from "./turns.ts";

/** Tasks of one thread that hand a lock on among themselves before another thread gets its turn. */
const MOST_HANDED_ON = 16;

/** Milliseconds that another thread has to take what was given back for it. */
const YIELD = 1;

/** Milliseconds between two looks of `tryAcquire` at whether the owner lives. */
const LOOK_INTERVAL = 1;

/** What makes a mutex or a spinlock of it. */
export interface OwnedLockOptions {
  /** What it is called in messages. */
  readonly what: string;
  /** Which word counts the depth, where the thread may take it again. */
  readonly depthIndex?: number;
  /** Looks at the word before the first sleep. */
  readonly spins: number;
}

/**
 * A lock whose word names its owner: mutex and spinlock.
 *
 * Where nobody contends, acquire and release are one atomic access each; all else is in methods of
 * their own, so that engines inline these two.
 */
export class OwnedLock {
  /** Once the memory is closed, a word that is never free: so nothing else has to be looked at. */
  #words: Int32Array;
  #index: number;
  readonly #tid: number;
  readonly #recordIndex: number;
  readonly #depthIndex: number;
  readonly #word: OwnerWord;
  readonly #futex: Futex;
  readonly #what: string;
  readonly #spins: number;
  readonly #line: Turns<LockAcquisition>;
  /** How many times this handle has taken it. */
  #held = 0;
  /** True while tasks of this thread stand in line. */
  #lined = false;
  /** How many of them had it in a row. */
  #handedOn = 0;
  #nextLook = 0;
  /** Ends the sleep for the first of the line. */
  #sleeper: AbortController | undefined;

  constructor(place: LockPlace, { what, depthIndex = -1, spins }: OwnedLockOptions) {
    const word = new OwnerWord(place, place.offset);
    this.#word = word;
    this.#words = word.words;
    this.#index = word.index;
    this.#tid = word.tid;
    this.#recordIndex = word.recordIndex;
    this.#depthIndex = depthIndex;
    this.#futex = place.futex;
    this.#what = what;
    this.#spins = spins;
    const closed = place.memory.mapping?.closed;
    closed?.addEventListener("abort", () => this.#close(), { once: true });
    this.#line = new Turns(closed, () => this.#emptied());
  }

  get owner(): number {
    return this.#futex.closed ? 0 : this.#word.owner;
  }

  get isAcquired(): boolean {
    return this.owner !== 0;
  }

  get depth(): number {
    return this.#held;
  }

  tryAcquire(): LockAcquisition | undefined {
    if (Atomics.compareExchange(this.#words, this.#index, 0, this.#tid) !== 0) {
      return this.#tryContended();
    }
    if (this.#words[this.#recordIndex] !== this.#tid) this.#word.record();
    // Zero where everyone obeys; what is not would be taken for a depth that this thread never had.
    if (this.#depthIndex >= 0 && this.#words[this.#depthIndex] !== 0) this.#setDepth(0);
    this.#held = 1;
    return "acquired";
  }

  acquire(timeout: number = LOCK_TIMEOUT): LockAcquisition {
    return this.tryAcquire() ?? this.#acquireContended(timeout);
  }

  release(): void {
    if (
      this.#held !== 1 ||
      this.#lined ||
      (this.#depthIndex >= 0 && this.#words[this.#depthIndex] !== 0) ||
      Atomics.compareExchange(this.#words, this.#index, this.#tid, 0) !== this.#tid
    ) {
      this.#releaseContended(false);
      return;
    }
    this.#held = 0;
  }

  /** Gives it back as if this thread had died with it: the next owner learns that one did. */
  orphan(): void {
    this.#releaseContended(true);
  }

  // Declared async, so that a refusal is a rejection as well.
  async acquireAsync(options: WaitOptions = {}): Promise<LockAcquisition> {
    const { timeout = LOCK_TIMEOUT, signal } = options;
    this.#check("Acquire", timeout);
    if (signal?.aborted) throw this.#failure("ABORTED", timeout, signal.reason);
    const taken = this.#lined ? undefined : this.#takeForTask();
    if (taken !== undefined) return taken;
    const turn = this.#line.wait({
      timeout,
      signal,
      last: () => this.#takeForTask(),
      error: (failure, cause) => this.#failure(failure, timeout, cause),
    });
    this.#lined = true;
    void this.#sleepForLine(false);
    return turn;
  }

  #taken(acquisition: LockAcquisition, depth: number): LockAcquisition {
    // A dead owner leaves what it had.
    if (this.#depthIndex >= 0) this.#setDepth(depth);
    this.#held = 1;
    return acquisition;
  }

  #setDepth(depth: number): void {
    Atomics.store(this.#words, this.#depthIndex, depth);
  }

  #tryContended(): LockAcquisition | undefined {
    this.#check("Acquire");
    if (this.#nests()) {
      Atomics.add(this.#words, this.#depthIndex, 1);
      this.#held++;
      return "acquired";
    }
    const taken = this.#word.take(false) ?? this.#tryDead();
    return taken === undefined ? undefined : this.#taken(taken, 0);
  }

  /** True where this thread may take it once more. */
  #nests(): boolean {
    if (this.#depthIndex < 0 || this.#word.owner !== this.#tid) return false;
    return Atomics.load(this.#words, this.#depthIndex) !== MUTEX_DEPTH_TASK;
  }

  /** Looks whether the owner lives, which takes a thousand times as long as the rest. */
  #tryDead(): LockAcquisition | undefined {
    const now = hostClock.now();
    if (now < this.#nextLook) return undefined;
    this.#nextLook = now + LOOK_INTERVAL;
    return this.#word.takeFromDead(false);
  }

  #acquireContended(timeout: number): LockAcquisition {
    this.#check("Acquire", timeout);
    if (this.#word.owner === this.#tid) {
      throw new MetalError(
        "DEADLOCK",
        `Acquire ${this.#what}: this thread owns it, and would wait for itself`,
      );
    }
    for (let spin = 0; spin < this.#spins && this.#word.owner !== 0; spin++) cpuYield();
    const taken = sleepForWord(this.#futex, this.#word, timeout);
    if (taken === undefined) throw this.#failure("TIMEOUT", timeout);
    return this.#taken(taken, 0);
  }

  #takeForTask(): LockAcquisition | undefined {
    if (this.#held !== 0) return undefined;
    const taken = this.#word.take(false) ?? this.#tryDead();
    return taken === undefined ? undefined : this.#taken(taken, MUTEX_DEPTH_TASK);
  }

  #serve(acquisition: LockAcquisition): void {
    this.#line.serve(this.#taken(acquisition, MUTEX_DEPTH_TASK));
    if (this.#line.size === 0) this.#emptied();
  }

  #emptied(): void {
    this.#lined = false;
    this.#sleeper?.abort();
  }

  /**
   * Takes it for the first of the line: one sleep is enough for all of them.
   *
   * @param yielding True: lets another thread go first, if one is there.
   */
  async #sleepForLine(yielding: boolean): Promise<void> {
    if (this.#sleeper !== undefined || this.#held !== 0) return;
    this.#sleeper = new AbortController();
    const { signal } = this.#sleeper;
    const sleep = new LockSleep(this.#word);
    const turns = new EventLoopTurns();
    let taken: LockAcquisition | undefined;
    try {
      if (yielding) {
        const outcome = await this.#futex.waitAsync(this.#index, 0, { timeout: YIELD, signal });
        // A wake that was meant for another thread: the others that sleep are ours to wake then.
        if (outcome === "ok") sleep.end(outcome);
      }
      while (taken === undefined && this.#lined && this.#held === 0) {
        const next = sleep.next(Infinity);
        if (typeof next === "string") {
          taken = next;
        } else {
          const { expected, timeout } = next;
          // oxlint-disable-next-line no-await-in-loop -- one sleep after the other
          const outcome = await this.#futex.waitAsync(this.#index, expected, { timeout, signal });
          // oxlint-disable-next-line no-await-in-loop -- one sleep after the other
          await turns.after(outcome);
          if (this.#lined && this.#held === 0) taken = sleep.end(outcome);
        }
      }
    } catch (cause) {
      // Stopped since nobody waits any more; or nobody can sleep any more, and so not be served.
      if (!signal.aborted) this.#line.dismiss(cause);
    }
    this.#sleeper = undefined;
    if (this.#futex.closed) return;
    if (taken !== undefined) {
      this.#serve(taken);
      return;
    }
    sleep.giveUp();
    // One may have come since the sleep was stopped.
    if (this.#lined) void this.#sleepForLine(false);
  }

  #releaseContended(died: boolean): void {
    this.#check("Release");
    if (this.#held === 0) {
      throw new MetalError(
        "NOT_OWNER",
        `Release ${this.#what}: ${this.#ownerInWords()}, and not through this handle`,
      );
    }
    if (this.#unnest()) return;
    if (!died && this.#handsOn()) {
      this.#handedOn++;
      this.#serve("acquired");
      return;
    }
    const yielding = this.#word.awaited;
    this.#held = 0;
    this.#handedOn = 0;
    if (this.#depthIndex >= 0 && this.#word.owner === this.#tid) {
      Atomics.store(this.#words, this.#depthIndex, 0);
    }
    const dropped = this.#word.drop(died);
    if (this.#lined) void this.#sleepForLine(yielding);
    if (dropped) return;
    throw new MetalError(
      "CORRUPT",
      `Release ${this.#what}: ${this.#ownerInWords()}, though this handle had it`,
    );
  }

  /** Takes one off the depth, where it is more than one. */
  #unnest(): boolean {
    if (this.#depthIndex < 0 || this.#word.owner !== this.#tid) return false;
    const depth = Atomics.load(this.#words, this.#depthIndex);
    if (depth <= 0) return false;
    Atomics.store(this.#words, this.#depthIndex, depth - 1);
    this.#held--;
    return true;
  }

  /** True where the next task of this thread gets it, and not another thread. */
  #handsOn(): boolean {
    if (!this.#lined || this.#word.owner !== this.#tid) return false;
    return this.#handedOn < MOST_HANDED_ON || !this.#word.awaited;
  }

  #close(): void {
    this.#words = new Int32Array([MUTEX_DEPTH_TASK]);
    this.#index = 0;
  }

  #check(action: string, timeout: number = 0): void {
    if (this.#futex.closed) {
      throw new MetalError("CLOSED", `${action} ${this.#what}: the memory is closed`);
    }
    // Written so that NaN fails too.
    if (!(timeout >= 0)) {
      throw new MetalError(
        "INVALID_ARGUMENT",
        `${action} ${this.#what}: ${timeout} is no number of milliseconds`,
      );
    }
  }

  #failure(failure: TurnFailure, timeout: number, cause?: unknown): MetalError {
    const reasons: Readonly<Record<TurnFailure, string>> = {
      TIMEOUT: `${this.#ownerInWords()}, and did not give it back in ${timeout} ms`,
      ABORTED: "aborted",
      CLOSED: "the memory is closed",
    };
    const options = cause === undefined ? undefined : { cause };
    return new MetalError(failure, `Acquire ${this.#what}: ${reasons[failure]}`, options);
  }

  #ownerInWords(): string {
    const { owner } = this;
    return owner === 0 ? "nobody owns it" : `thread ${owner} owns it`;
  }
}
