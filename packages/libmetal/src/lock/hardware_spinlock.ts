import { cpuYield } from "../cpu/cpu_yield.ts";
import { MetalError } from "../error.ts";
import { hostClock } from "../time/host_clock.ts";
import type { WaitOptions } from "../time/clock.ts";

/**
 * A lock that the hardware keeps, for processors that share memory and no atomic access: not of one
 * instruction set, or not coherent. In the words of the Linux kernel's hwspinlock framework.
 *
 * Hold it for microseconds: the other processor spins. Nobody else notices when its owner dies.
 */
export interface HardwareSpinlock {
  /** Its number, by which all processors name it: `hwspin_lock_get_id`. */
  readonly id: number;
  /** True while this side owns it. */
  readonly isAcquired: boolean;
  /**
   * Takes it where it is free: `hwspin_trylock`.
   *
   * @returns Whether it is this side's now. False as well where it was before.
   * @throws {MetalError} `NOT_OWNER` after it was freed.
   */
  tryLock(): boolean;
  /**
   * Takes it, and spins until it is free: `hwspin_lock_timeout`.
   *
   * @param timeout Milliseconds. Default 100.
   * @throws {MetalError} `TIMEOUT`; `DEADLOCK` where this side owns it already; `NOT_OWNER`.
   */
  lock(timeout?: number): void;
  /**
   * Takes it, and leaves the event loop its turns between two looks.
   *
   * @param options For how long. Default 100 milliseconds.
   * @throws {MetalError} `TIMEOUT`, `ABORTED`, `NOT_OWNER`.
   */
  lockAsync(options?: WaitOptions): Promise<void>;
  /**
   * Gives it back: `hwspin_unlock`.
   *
   * @throws {MetalError} `NOT_OWNER` where this side does not own it: others' are never given back.
   */
  unlock(): void;
}

/** The hardware spinlocks of one device, handed out by their numbers. */
export interface HardwareSpinlockBank {
  /** The number of the first. */
  readonly baseId: number;
  /** How many there are. */
  readonly count: number;
  /**
   * Hands out one that nobody here uses: `hwspin_lock_request`. The other processors have to be told
   * its number.
   *
   * @throws {MetalError} `BUSY` where all are in use.
   */
  request(): HardwareSpinlock;
  /**
   * Hands out the one of a number: `hwspin_lock_request_specific`.
   *
   * @param id Its number.
   * @throws {MetalError} `NOT_FOUND` where the bank has none of that number; `BUSY` where it is in use.
   */
  requestSpecific(id: number): HardwareSpinlock;
  /**
   * Takes one back: `hwspin_lock_free`. It is no lock any more.
   *
   * @param lock What the bank has handed out.
   * @throws {MetalError} `NOT_OWNER` where it has not; `BUSY` while it is acquired.
   */
  free(lock: HardwareSpinlock): void;
}

/** How the hardware takes a lock and gives it back. */
export interface HardwareSpinlockOperations {
  /** Takes lock `index` of the bank where it is free. */
  tryLock(index: number): boolean;
  /** Gives it back. */
  unlock(index: number): void;
}

/** What {@linkcode hardwareSpinlockBank} needs. */
export interface HardwareSpinlockBankOptions {
  /** The name, for messages. */
  readonly name: string;
  /** The number of the first. Default 0. */
  readonly baseId?: number;
  /** How many there are, 1 and up. */
  readonly count: number;
  /** How the hardware takes a lock and gives it back. */
  readonly operations: HardwareSpinlockOperations;
}

/** Milliseconds that a lock is waited for, where nothing else is said: owners need microseconds. */
const TIMEOUT = 100;

/** Looks of `lockAsync` before it lets the event loop go round, and for how many milliseconds. */
const SPINS = 50;
const PAUSE = 1;

/**
 * Makes a bank of hardware spinlocks, of operations of your own. `registerSpinlockBank` makes one of
 * registers.
 *
 * @param options How many there are, and what works them.
 * @returns The bank.
 * @throws {MetalError} `INVALID_ARGUMENT` for the numbers.
 */
export function hardwareSpinlockBank(options: HardwareSpinlockBankOptions): HardwareSpinlockBank {
  const { name, baseId = 0, count, operations } = options;
  if (!Number.isSafeInteger(baseId) || baseId < 0 || !Number.isSafeInteger(count) || count < 1) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Make the spinlock bank "${name}": ${count} locks from number ${baseId} on`,
    );
  }
  const used = new Map<number, RequestedSpinlock>();

  function hand(id: number): HardwareSpinlock {
    const lock = new RequestedSpinlock(name, id, id - baseId, operations);
    used.set(id, lock);
    return lock;
  }

  return {
    baseId,
    count,
    request() {
      for (let id = baseId; id < baseId + count; id++) if (!used.has(id)) return hand(id);
      throw new MetalError("BUSY", `Request a spinlock of "${name}": all ${count} are in use`);
    },
    requestSpecific(id) {
      const action = `Request spinlock ${id} of "${name}"`;
      if (!Number.isInteger(id) || id < baseId || id >= baseId + count) {
        throw new MetalError("NOT_FOUND", `${action}: it has ${baseId} to ${baseId + count - 1}`);
      }
      if (used.has(id)) throw new MetalError("BUSY", `${action}: it is in use`);
      return hand(id);
    },
    free(lock) {
      const action = `Free spinlock ${lock.id} of "${name}"`;
      const requested = used.get(lock.id);
      if (requested === undefined || requested !== lock) {
        throw new MetalError("NOT_OWNER", `${action}: it was not requested, or is free again`);
      }
      if (requested.isAcquired) throw new MetalError("BUSY", `${action}: it is acquired`);
      requested.freed = true;
      used.delete(lock.id);
    },
  };
}

class RequestedSpinlock implements HardwareSpinlock {
  readonly id: number;
  freed = false;
  readonly #name: string;
  readonly #index: number;
  readonly #operations: HardwareSpinlockOperations;
  // The hardware cannot tell who of this side owns it: a read of its register would say taken.
  #acquired = false;

  constructor(name: string, id: number, index: number, operations: HardwareSpinlockOperations) {
    this.id = id;
    this.#name = name;
    this.#index = index;
    this.#operations = operations;
  }

  get isAcquired(): boolean {
    return this.#acquired;
  }

  tryLock(): boolean {
    if (this.freed) throw this.#error("NOT_OWNER", "Acquire", "it was freed");
    if (this.#acquired) return false;
    this.#acquired = this.#operations.tryLock(this.#index);
    return this.#acquired;
  }

  lock(timeout: number = TIMEOUT): void {
    if (this.#acquired) {
      throw this.#error("DEADLOCK", "Acquire", "this side owns it, and would wait for itself");
    }
    const end = this.#end(timeout);
    while (!this.tryLock()) {
      if (hostClock.now() >= end) throw this.#timeout(timeout);
      cpuYield();
    }
  }

  async lockAsync(options: WaitOptions = {}): Promise<void> {
    const { timeout = TIMEOUT, signal } = options;
    const end = this.#end(timeout);
    for (let look = 1; ; look++) {
      if (signal?.aborted) throw this.#error("ABORTED", "Acquire", "aborted", signal.reason);
      if (this.tryLock()) return;
      if (hostClock.now() >= end) throw this.#timeout(timeout);
      if (look % SPINS === 0) {
        // oxlint-disable-next-line no-await-in-loop -- the event loop has its turn
        await new Promise<void>((resolve) => void hostClock.after(PAUSE, resolve));
      }
    }
  }

  unlock(): void {
    if (!this.#acquired) throw this.#error("NOT_OWNER", "Release", "this side does not own it");
    this.#acquired = false;
    this.#operations.unlock(this.#index);
  }

  #end(timeout: number): number {
    // Written so that NaN fails too.
    if (!(timeout >= 0)) {
      const reason = `${timeout} is no number of milliseconds`;
      throw this.#error("INVALID_ARGUMENT", "Acquire", reason);
    }
    return hostClock.now() + timeout;
  }

  #timeout(timeout: number): MetalError {
    return this.#error("TIMEOUT", "Acquire", `it was not free in ${timeout} ms`);
  }

  #error(code: MetalError["code"], action: string, reason: string, cause?: unknown): MetalError {
    const options = cause === undefined ? undefined : { cause };
    const message = `${action} spinlock ${this.id} of "${this.#name}": ${reason}`;
    return new MetalError(code, message, options);
  }
}
