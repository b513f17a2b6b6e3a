import { MetalError } from "../error.ts";
import type { WaitOptions } from "../time/clock.ts";
import { hostClock } from "../time/host_clock.ts";
import { ChangeWait } from "./change_wait.ts";
import type { Futex } from "./futex.ts";
import { LOCK_TIMEOUT, type LockPlace } from "./lock_place.ts";
import {
  MUTEX_SIZE,
  RWLOCK_DRAINED,
  RWLOCK_GATE,
  RWLOCK_READERS,
  RWLOCK_WRITER,
} from "./lock_wire.ts";
import { OwnedLock } from "./owned_lock.ts";
import { type LockAcquisition, type OwnerState, OwnerWord } from "./owner_word.ts";

/** Milliseconds between two looks at who lives. */
const LOOK_INTERVAL = 1;

/** A read-write lock with a place for each reader, so that those who died are found. */
export class SlottedReadWriteLock {
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
    const wait = new ChangeWait(this.#futex, this.#gate, timeout);
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
    const wait = new ChangeWait(this.#futex, this.#gate, timeout);
    for (;;) {
      this.#check("Read", timeout);
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
    const wait = new ChangeWait(this.#futex, this.#drained, timeout);
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
    const wait = new ChangeWait(this.#futex, this.#drained, timeout);
    const taken = await this.#write.acquireAsync({ timeout, signal });
    try {
      for (;;) {
        this.#check("Write");
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
    // Owner and death are of one look: a writer that comes between two would have removed the word of
    // the death, and not mended anything yet.
    let writer = this.#writerState();
    if (writer === "owned") return undefined;
    if (this.#slot === undefined) {
      const slot = this.#takeSlot();
      if (slot === undefined) return undefined;
      // After the place was taken: either a writer that has come sees it, or we see the writer.
      writer = this.#writerWord.state;
      if (writer === "owned") {
        this.#leave(slot);
        return undefined;
      }
      this.#slot = slot;
    }
    this.#reads++;
    return writer === "orphaned" ? "owner-died" : "acquired";
  }

  #writerState(): OwnerState {
    const word = this.#writerWord;
    const { state } = word;
    if (state !== "owned" || !this.#looksForDead() || !word.dropForDead()) return state;
    return word.state;
  }

  #takeSlot(): OwnerWord | undefined {
    const slots = this.#slots;
    const free = slots.find((slot) => slot.take(false) !== undefined);
    if (free !== undefined || !this.#looksForDead()) return free;
    return slots.find((slot) => slot.takeFromDead(false) !== undefined);
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
