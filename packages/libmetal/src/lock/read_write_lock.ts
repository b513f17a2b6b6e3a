import { MetalError } from "../error.ts";
import type { WaitOptions } from "../time/clock.ts";
import { hostClock } from "../time/host_clock.ts";
import type { Futex } from "./futex.ts";
import { checkPlace, LOCK_TIMEOUT, type LockPlace } from "./lock_place.ts";
import {
  MUTEX_SIZE,
  RWLOCK_DRAINED,
  RWLOCK_GATE,
  RWLOCK_READERS,
  RWLOCK_WRITER,
} from "./lock_wire.ts";
import { OwnedLock } from "./owned_lock.ts";
import { type LockAcquisition, OwnerWord } from "./owner_word.ts";

/** Places for readers, where nothing else is said. */
const READERS = 32;

/** Milliseconds of the first sleep, and of the longest. */
const FIRST_SLEEP = 2;
const LONGEST_SLEEP = 100;

/** Milliseconds between two looks at who lives. */
const LOOK_INTERVAL = 1;

/** How a read-write lock is laid out. */
export interface ReadWriteLockOptions {
  /**
   * How many handles can read at once, 1 to 1024. Everyone who shares it says the same. Default 32.
   */
  readonly readers?: number;
}

/**
 * Many readers or one writer, in shared memory, between threads of any processes and runtimes.
 *
 * Writers go first: while one waits, no reader that comes gets in, so readers may starve where
 * writers never pause. A thread that reads must not acquire again for reading while it does, and
 * cannot become a writer.
 *
 * Robust as a mutex: where a writer has died, the next writer, and every reader until one comes, is
 * told. A reader that died is found by the writer that waits for it, and by a reader that needs its
 * place; it has changed nothing, so nobody is told.
 */
export interface ReadWriteLock {
  /** How many places readers have taken; some may be dead. */
  readonly readers: number;
  /** The number of the thread that writes, or waits to, or 0. */
  readonly writer: number;
  /**
   * Begins to read, where nobody writes or waits to, and a place is free.
   *
   * @returns How it was got, or undefined.
   * @throws {MetalError} `CLOSED`.
   */
  tryAcquireRead(): LockAcquisition | undefined;
  /**
   * Begins to read, and blocks this thread until it can: for Workers.
   *
   * @param timeout Milliseconds. Default 5000.
   * @returns How it was got: `owner-died` where the last writer died, and none came since.
   * @throws {MetalError} `TIMEOUT`; `DEADLOCK` where this handle writes; `CLOSED`; `UNSUPPORTED` on a
   *   thread that must not block.
   */
  acquireRead(timeout?: number): LockAcquisition;
  /**
   * Begins to read, and leaves the event loop its turns until it can.
   *
   * @param options For how long. Default 5000 milliseconds.
   * @returns How it was got.
   * @throws {MetalError} `TIMEOUT`, `ABORTED`, or `CLOSED`.
   */
  acquireReadAsync(options?: WaitOptions): Promise<LockAcquisition>;
  /**
   * Ends reading.
   *
   * @throws {MetalError} `NOT_OWNER` where this handle does not read; `CORRUPT` where its place is
   *   another's by now; `CLOSED`.
   */
  releaseRead(): void;
  /**
   * Begins to write, where nobody reads or writes.
   *
   * @returns How it was got, or undefined.
   * @throws {MetalError} `CLOSED`.
   */
  tryAcquireWrite(): LockAcquisition | undefined;
  /**
   * Begins to write, and blocks this thread until it can: for Workers.
   *
   * @param timeout Milliseconds. Default 5000.
   * @returns How it was got.
   * @throws {MetalError} `TIMEOUT`; `DEADLOCK` where this thread writes, or this handle reads; `CLOSED`;
   *   `UNSUPPORTED` on a thread that must not block.
   */
  acquireWrite(timeout?: number): LockAcquisition;
  /**
   * Begins to write, and leaves the event loop its turns until it can.
   *
   * @param options For how long. Default 5000 milliseconds.
   * @returns How it was got.
   * @throws {MetalError} `TIMEOUT`, `ABORTED`, or `CLOSED`.
   */
  acquireWriteAsync(options?: WaitOptions): Promise<LockAcquisition>;
  /**
   * Ends writing.
   *
   * @throws {MetalError} `NOT_OWNER` where this handle does not write; `CORRUPT` where the word names
   *   another though it does; `CLOSED`.
   */
  releaseWrite(): void;
}

/**
 * Bytes that a read-write lock takes.
 *
 * @param readers How many handles can read at once. Default 32.
 * @returns 24, and 16 for each reader.
 */
export function readWriteLockSize(readers: number = READERS): number {
  return RWLOCK_READERS + readers * MUTEX_SIZE;
}

/**
 * Makes a handle of the read-write lock at a place. Each thread makes its own.
 *
 * @param place Where it lies: `readWriteLockSize` bytes, all zero before the first use.
 * @param options How it is laid out.
 * @returns The handle.
 * @throws {MetalError} As `createMutex`.
 *
 * @example
 * ```ts
 * import { atomicsFutex, bufferMemory, createReadWriteLock } from "@openamp/libmetal";
 *
 * const buffer = new SharedArrayBuffer(1024);
 * const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer });
 * const place = { memory, futex: atomicsFutex(memory), offset: 0 };
 * const ours = createReadWriteLock({ ...place, identity: { tid: 1, startTime: 0 } });
 * const theirs = createReadWriteLock({ ...place, identity: { tid: 2, startTime: 0 } });
 * await ours.acquireReadAsync();
 * if (theirs.tryAcquireRead() === undefined) throw new Error("Two may read");
 * if (theirs.tryAcquireWrite() !== undefined) throw new Error("Nobody writes meanwhile");
 * ```
 */
export function createReadWriteLock(
  place: LockPlace,
  options: ReadWriteLockOptions = {},
): ReadWriteLock {
  const { readers = READERS } = options;
  if (!Number.isInteger(readers) || readers < 1 || readers > 1024) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Place a read-write lock in "${place.memory.name}": ${readers} readers are not 1 to 1024`,
    );
  }
  const what = checkPlace(place, "read-write lock", readWriteLockSize(readers));
  return new SlottedReadWriteLock(place, readers, what);
}

/**
 * A wait for others to leave, asleep on a word that they change when they do. None is longer than
 * 100 ms: one who has left may have died before it woke us.
 */
class Wait {
  readonly #futex: Futex;
  readonly #index: number;
  readonly #end: number;
  #length = FIRST_SLEEP;
  #noted = 0;

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
      await this.#futex.waitAsync(this.#index, this.#noted, { timeout, signal });
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

class SlottedReadWriteLock implements ReadWriteLock {
  readonly #futex: Futex;
  readonly #what: string;
  readonly #write: OwnedLock;
  readonly #writerWord: OwnerWord;
  readonly #slots: readonly OwnerWord[];
  readonly #gate: number;
  readonly #drained: number;
  /** The place of this handle among the readers, and how often it is read through it. */
  #slot: OwnerWord | undefined;
  #reads = 0;
  #writes = false;
  #nextLook = 0;

  constructor(place: LockPlace, readers: number, what: string) {
    const { offset, futex } = place;
    this.#futex = futex;
    this.#what = what;
    const writer = { ...place, offset: offset + RWLOCK_WRITER };
    this.#write = new OwnedLock(writer, { what: `writing of ${what}`, spins: 0 });
    this.#writerWord = new OwnerWord(place, writer.offset);
    this.#slots = Array.from(
      { length: readers },
      (_, slot) => new OwnerWord(place, offset + RWLOCK_READERS + slot * MUTEX_SIZE),
    );
    this.#gate = (offset + RWLOCK_GATE) >>> 2;
    this.#drained = (offset + RWLOCK_DRAINED) >>> 2;
  }

  get readers(): number {
    return this.#futex.closed ? 0 : this.#slots.filter(({ owner }) => owner !== 0).length;
  }

  get writer(): number {
    return this.#write.owner;
  }

  tryAcquireRead(): LockAcquisition | undefined {
    this.#check("Read");
    return this.#tryRead();
  }

  acquireRead(timeout: number = LOCK_TIMEOUT): LockAcquisition {
    this.#check("Read", timeout);
    const { owner, tid } = this.#writerWord;
    this.#refuseDeadlock("Read", owner === tid);
    const wait = new Wait(this.#futex, this.#gate, timeout);
    for (;;) {
      wait.note();
      const taken = this.#tryRead();
      if (taken !== undefined) return taken;
      if (wait.isOver) throw this.#timeout("Read", timeout);
      wait.sleep();
    }
  }

  async acquireReadAsync(options: WaitOptions = {}): Promise<LockAcquisition> {
    const { timeout = LOCK_TIMEOUT, signal } = options;
    this.#check("Read", timeout);
    const wait = new Wait(this.#futex, this.#gate, timeout);
    for (;;) {
      if (signal?.aborted) throw this.#error("ABORTED", "Read", "aborted", signal.reason);
      wait.note();
      const taken = this.#tryRead();
      if (taken !== undefined) return taken;
      if (wait.isOver) throw this.#timeout("Read", timeout);
      // oxlint-disable-next-line no-await-in-loop -- one sleep after the other
      await wait.sleepAsync(signal);
    }
  }

  releaseRead(): void {
    this.#check("End reading");
    const slot = this.#slot;
    if (slot === undefined) throw this.#error("NOT_OWNER", "End reading", "this handle reads not");
    if (--this.#reads > 0) return;
    this.#slot = undefined;
    if (!this.#leave(slot)) {
      throw this.#error("CORRUPT", "End reading", "the place of this handle is another's");
    }
  }

  tryAcquireWrite(): LockAcquisition | undefined {
    const taken = this.#write.tryAcquire();
    if (taken === undefined) return undefined;
    if (this.#hasDrained()) {
      this.#writes = true;
      return taken;
    }
    this.#retreat(taken);
    return undefined;
  }

  acquireWrite(timeout: number = LOCK_TIMEOUT): LockAcquisition {
    this.#check("Write", timeout);
    this.#refuseDeadlock("Write", this.#reads > 0);
    const wait = new Wait(this.#futex, this.#drained, timeout);
    const taken = this.#write.acquire(timeout);
    try {
      for (;;) {
        wait.note();
        if (this.#hasDrained()) break;
        if (wait.isOver) throw this.#timeout("Write", timeout);
        wait.sleep();
      }
    } catch (thrown) {
      this.#retreat(taken);
      throw thrown;
    }
    this.#writes = true;
    return taken;
  }

  async acquireWriteAsync(options: WaitOptions = {}): Promise<LockAcquisition> {
    const { timeout = LOCK_TIMEOUT, signal } = options;
    this.#check("Write", timeout);
    const wait = new Wait(this.#futex, this.#drained, timeout);
    const taken = await this.#write.acquireAsync({ timeout, signal });
    try {
      for (;;) {
        if (signal?.aborted) throw this.#error("ABORTED", "Write", "aborted", signal.reason);
        wait.note();
        if (this.#hasDrained()) break;
        if (wait.isOver) throw this.#timeout("Write", timeout);
        // oxlint-disable-next-line no-await-in-loop -- one sleep after the other
        await wait.sleepAsync(signal);
      }
    } catch (thrown) {
      this.#retreat(taken);
      throw thrown;
    }
    this.#writes = true;
    return taken;
  }

  releaseWrite(): void {
    if (!this.#writes) {
      this.#check("End writing");
      throw this.#error("NOT_OWNER", "End writing", "this handle writes not");
    }
    this.#writes = false;
    try {
      this.#write.release();
    } finally {
      this.#openGate();
    }
  }

  #tryRead(): LockAcquisition | undefined {
    if (!this.#mayRead()) return undefined;
    const joined = this.#slot;
    const slot = joined ?? this.#takeSlot();
    if (slot === undefined) return undefined;
    // After the place was taken: either a writer that has come sees it, or we see the writer.
    if (joined === undefined && this.#writerWord.owner !== 0) {
      this.#leave(slot);
      return undefined;
    }
    this.#slot = slot;
    this.#reads++;
    return this.#writerWord.orphaned ? "owner-died" : "acquired";
  }

  #mayRead(): boolean {
    const word = this.#writerWord;
    return word.owner === 0 || (this.#looksForDead() && word.dropForDead());
  }

  #takeSlot(): OwnerWord | undefined {
    const slots = this.#slots;
    const free = slots.find((slot) => slot.take(false) !== undefined);
    if (free !== undefined || !this.#looksForDead()) return free;
    return slots.find((slot) => slot.takeFromDead() !== undefined);
  }

  #leave(slot: OwnerWord): boolean {
    const left = slot.drop();
    Atomics.add(this.#futex.words, this.#drained, 1);
    if (this.#writerWord.owner !== 0) this.#futex.wake(this.#drained, 1);
    return left;
  }

  #hasDrained(): boolean {
    if (this.#slots.every(({ owner }) => owner === 0)) return true;
    return this.#looksForDead() && this.#slots.every((slot) => slot.dropForDead());
  }

  /** Whether it is time to look who lives: that takes longer than all the rest. */
  #looksForDead(): boolean {
    const now = hostClock.now();
    if (now < this.#nextLook) return false;
    this.#nextLook = now + LOOK_INTERVAL;
    return true;
  }

  /** Gives writing up, before anything was written. */
  #retreat(taken: LockAcquisition): void {
    if (this.#futex.closed) return;
    if (taken === "owner-died") this.#write.orphan();
    else this.#write.release();
    this.#openGate();
  }

  #openGate(): void {
    if (this.#futex.closed) return;
    Atomics.add(this.#futex.words, this.#gate, 1);
    this.#futex.wake(this.#gate, Infinity);
  }

  #check(action: string, timeout: number = 0): void {
    if (this.#futex.closed) throw this.#error("CLOSED", action, "the memory is closed");
    if (!(timeout >= 0)) {
      throw this.#error("INVALID_ARGUMENT", action, `${timeout} is no number of milliseconds`);
    }
  }

  #refuseDeadlock(action: string, held: boolean): void {
    if (!held) return;
    throw this.#error("DEADLOCK", action, "this handle has it already, and would wait for itself");
  }

  #timeout(action: string, timeout: number): MetalError {
    const { writer, readers } = this;
    const whose =
      writer === 0 || action === "Write" ? `${readers} read` : `thread ${writer} writes`;
    return this.#error("TIMEOUT", action, `${whose}, and did not end in ${timeout} ms`);
  }

  #error(code: MetalError["code"], action: string, reason: string, cause?: unknown): MetalError {
    const options = cause === undefined ? undefined : { cause };
    return new MetalError(code, `${action} under ${this.#what}: ${reason}`, options);
  }
}
