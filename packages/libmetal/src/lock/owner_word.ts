import type { Futex } from "./futex.ts";
import type { LockPlace } from "./lock_place.ts";
import {
  FUTEX_OWNER_DIED,
  FUTEX_TID_MASK,
  FUTEX_WAITERS,
  MUTEX_OWNER,
  MUTEX_WORD,
} from "./lock_wire.ts";
import type { ThreadIdentity } from "./thread_identity.ts";

/** Tries before a word that others change all the time counts as taken. */
const MOST_TRIES = 16;

/**
 * How a lock was got: as its last owner left it, or `owner-died` where that died with it, and what
 * the lock protects may be half done.
 */
export type LockAcquisition = "acquired" | "owner-died";

/** Whether somebody owns it: nobody does where it is `free`, or `orphaned` since an owner died with it. */
export type OwnerState = "free" | "orphaned" | "owned";

/**
 * The word that says which thread owns something, with the flags of the kernel's robust futexes,
 * and who its last owner was. `LOCK_LAYOUTS` has the rules.
 *
 * An owner is dead when no thread of its number lives, or when the one that lives started at another
 * time. That is never said of a living owner: a thread that uses the place for the first time removes
 * what an earlier thread of its number left here, so from then on `owner` has its number only with
 * its start time. Where an owner was killed between taking the word and writing `owner`, its number
 * alone is looked at.
 */
export class OwnerWord {
  readonly words: Int32Array;
  readonly index: number;
  readonly tid: number;
  /** Which word has the number of the last owner. */
  readonly recordIndex: number;
  readonly #futex: Futex;
  readonly #identity: ThreadIdentity;
  readonly #records: BigInt64Array;
  readonly #record: bigint;

  /**
   * @param place Where it lies; checked before.
   * @param offset Bytes from the start of the memory.
   */
  constructor({ futex, identity }: LockPlace, offset: number) {
    const { words } = futex;
    this.words = words;
    this.index = (offset + MUTEX_WORD) >>> 2;
    this.recordIndex = (offset + MUTEX_OWNER) >>> 2;
    this.tid = identity.tid;
    this.#futex = futex;
    this.#identity = identity;
    const recordOffset = words.byteOffset + offset + MUTEX_OWNER;
    this.#records = new BigInt64Array(words.buffer, recordOffset, 1);
    this.#record = BigInt.asIntN(64, (BigInt(identity.startTime) << 32n) | BigInt(identity.tid));
    this.#removePredecessor();
  }

  /** The number of the thread that owns it, or 0. */
  get owner(): number {
    return Atomics.load(this.words, this.index) & FUTEX_TID_MASK;
  }

  /** Whether somebody owns it; if not, whether an owner died with it. Both are of one look. */
  get state(): OwnerState {
    const seen = Atomics.load(this.words, this.index);
    if ((seen & FUTEX_TID_MASK) !== 0) return "owned";
    return (seen & FUTEX_OWNER_DIED) === 0 ? "free" : "orphaned";
  }

  /**
   * Takes it where nobody owns it.
   *
   * @param slept True where the caller has slept on it: others may be asleep, of whom the flag that
   *   was dropped since said.
   */
  take(slept: boolean): LockAcquisition | undefined {
    const { words, index } = this;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const seen = Atomics.load(words, index);
      if ((seen & FUTEX_TID_MASK) !== 0) return undefined;
      const kept = slept ? FUTEX_WAITERS : seen & FUTEX_WAITERS;
      if (Atomics.compareExchange(words, index, seen, this.tid | kept) === seen) {
        this.record();
        return (seen & FUTEX_OWNER_DIED) === 0 ? "acquired" : "owner-died";
      }
    }
    return undefined;
  }

  /**
   * Takes it from an owner that is dead, or where nobody owns it.
   *
   * @param slept As for `take`.
   */
  takeFromDead(slept: boolean): LockAcquisition | undefined {
    const { words, index } = this;
    const seen = Atomics.load(words, index);
    const owner = seen & FUTEX_TID_MASK;
    if (owner === 0) return this.take(slept);
    if (!this.#isDead(owner)) return undefined;
    const kept = slept ? FUTEX_WAITERS : seen & FUTEX_WAITERS;
    if (Atomics.compareExchange(words, index, seen, this.tid | kept) !== seen) return undefined;
    this.record();
    return "owner-died";
  }

  /**
   * Lets go of it for an owner that is dead, and leaves word of that to the next.
   *
   * @returns Whether nobody owns it now.
   */
  dropForDead(): boolean {
    const { words, index } = this;
    const seen = Atomics.load(words, index);
    const owner = seen & FUTEX_TID_MASK;
    if (owner === 0) return true;
    if (!this.#isDead(owner)) return false;
    this.#markDied(seen);
    return this.owner === 0;
  }

  /** Writes down that this thread owns it now. */
  record(): void {
    if (this.words[this.recordIndex] !== this.tid) Atomics.store(this.#records, 0, this.#record);
  }

  /**
   * Lets go of it, and wakes one who waits.
   *
   * @param died True to leave word that an owner died with it.
   * @returns Whether this thread owned it.
   */
  drop(died: boolean = false): boolean {
    const { words, index, tid } = this;
    let seen = tid;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const found = Atomics.compareExchange(words, index, seen, died ? FUTEX_OWNER_DIED : 0);
      if (found === seen) {
        if ((seen & FUTEX_WAITERS) !== 0) this.#futex.wake(index, 1);
        return true;
      }
      if ((found & FUTEX_TID_MASK) !== tid) return false;
      seen = found;
    }
    return false;
  }

  /**
   * Says that this thread will sleep on it.
   *
   * @returns What to sleep on, or undefined where nobody owns it any more.
   */
  announce(): number | undefined {
    const { words, index } = this;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const seen = Atomics.load(words, index);
      if ((seen & FUTEX_TID_MASK) === 0) return undefined;
      if ((seen & FUTEX_WAITERS) !== 0) return seen;
      if (Atomics.compareExchange(words, index, seen, seen | FUTEX_WAITERS) === seen) {
        return seen | FUTEX_WAITERS;
      }
    }
    return undefined;
  }

  /** True where somebody has said that it will sleep on it. */
  get awaited(): boolean {
    return (Atomics.load(this.words, this.index) & FUTEX_WAITERS) !== 0;
  }

  /** Wakes another one who waits: a wake may have reached this thread, which gives up. */
  passOn(): void {
    this.#futex.wake(this.index, 1);
  }

  #isDead(owner: number): boolean {
    if (owner === this.tid || this.#identity.alive === undefined) return false;
    const record = Atomics.load(this.#records, 0);
    const isOwners = Number(BigInt.asUintN(32, record)) === owner;
    const start = isOwners ? Number(BigInt.asUintN(32, record >> 32n)) : undefined;
    return !this.#identity.alive(owner, start);
  }

  #markDied(seen: number): void {
    const { words, index } = this;
    const free = FUTEX_OWNER_DIED | (seen & FUTEX_WAITERS);
    if (Atomics.compareExchange(words, index, seen, free) === seen) this.#futex.wake(index, 1);
  }

  #removePredecessor(): void {
    const record = Atomics.load(this.#records, 0);
    const seen = Atomics.load(this.words, this.index);
    if (record === this.#record) return;
    // This thread has not taken it, or `owner` would say so: the number in the word is an earlier one's.
    if ((seen & FUTEX_TID_MASK) === this.tid) this.#markDied(seen);
    if (Number(BigInt.asUintN(32, record)) === this.tid) {
      Atomics.compareExchange(this.#records, 0, record, 0n);
    }
  }
}
