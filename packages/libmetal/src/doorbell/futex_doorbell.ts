import { cpuYield } from "../cpu/cpu_yield.ts";
import { MetalError } from "../error.ts";
import { listeners } from "../event/listeners.ts";
import type { Futex } from "../lock/futex.ts";
import { LONGEST_SLEEP } from "../lock/futex_sleeps.ts";
import { hostClock } from "../time/host_clock.ts";
import { nextTurn } from "../time/next_turn.ts";
import type { Doorbell } from "./doorbell.ts";

/** What {@linkcode futexDoorbell} needs. */
export interface FutexDoorbellOptions {
  /** The words, and how to sleep on them. */
  readonly futex: Futex;
  /** The index of the word that the peer adds to, and that this side sleeps on. */
  readonly own: number;
  /** The index of the word that this side adds to, and that the peer sleeps on. */
  readonly peer: number;
  /**
   * How many times to look at the word before it sleeps, 0 to 10,000,000: a look takes nanoseconds, a
   * wake-up microseconds. The thread does nothing else meanwhile. Default 0.
   */
  readonly spins?: number;
}

/** A doorbell over words of shared memory, and its end. */
export interface FutexDoorbell extends Doorbell, Disposable {
  /**
   * Sleeps until the peer rings, and blocks this thread meanwhile: for Workers that do nothing else.
   * It looks at the word so many times as `spins` says, then sleeps. A ring that it returns for is not
   * told to those who listen.
   *
   * @param timeout Milliseconds, 0 and up.
   * @returns True where the peer has rung since the last time, false where time was up or the doorbell
   *   was disposed of.
   * @throws {MetalError} `UNSUPPORTED` on a thread that must not block; `CLOSED` where the memory was
   *   closed.
   */
  wait(timeout: number): boolean;
}

/** The most looks before a sleep: about a second. */
const MOST_SPINS = 10_000_000;

/**
 * Makes one side of a doorbell over two words of shared memory: each side adds to the other's word and
 * wakes it, and sleeps on its own.
 *
 * Between Workers of one program over `atomicsFutex`, between processes over `openFutex` of
 * `@openamp/libmetal/system`. It carries no id: whoever hears it looks at everything. Whatever a peer
 * writes into the words is a ring, or none; one a turn of the event loop is heard at the most.
 *
 * It waits only while somebody listens, and keeps the program alive meanwhile. Rings from before are
 * heard by the first who listens, those from before it was made are not.
 *
 * @param options The words, and which is whose.
 * @returns The doorbell. Dispose of it to end its wait.
 * @throws {MetalError} `OUT_OF_RANGE` for words that the memory has not, `INVALID_ARGUMENT` for a
 *   number of looks that is not within its range.
 *
 * @example
 * ```ts
 * import { atomicsFutex, futexDoorbell } from "@openamp/libmetal";
 *
 * const futex = atomicsFutex(new SharedArrayBuffer(8));
 * using host = futexDoorbell({ futex, own: 0, peer: 1 });
 * using remote = futexDoorbell({ futex, own: 1, peer: 0 });
 * const heard = new Promise<number | undefined>((resolve) => remote.listen(resolve));
 * host.ring(1);
 * if ((await heard) !== undefined) throw new Error("It carries no id");
 * ```
 */
export function futexDoorbell(options: FutexDoorbellOptions): FutexDoorbell {
  const { futex, own, peer, spins = 0 } = options;
  const { words } = futex;
  check(options);
  const rings = listeners<undefined>();
  let heard = Atomics.load(words, own);
  let listening = 0;
  let closed = false;
  let isSoon = false;
  /** Ends the sleep that goes on. One serves all sleeps until nobody listens: making one takes time. */
  let session = new AbortController();

  /** Looks at the word, and never longer than it was told to. */
  function hasRung(looks: number): boolean {
    // Atomics.load: engines take a plain read out of the loop.
    for (let look = 0; look < looks; look++) {
      if (Atomics.load(words, own) !== heard) return true;
      cpuYield();
    }
    return Atomics.load(words, own) !== heard;
  }

  /** Looks in the next turn, however often it is asked for. */
  function hearSoon(): void {
    if (isSoon) return;
    isSoon = true;
    nextTurn(hear);
  }

  function hear(): void {
    isSoon = false;
    if (closed || listening === 0) return;
    if (hasRung(spins)) tell();
    else void sleepOnce();
  }

  function tell(): void {
    heard = Atomics.load(words, own);
    // Before the listeners, so that one that throws makes nobody deaf; and in the next turn, since a
    // peer that rings without a pause would keep the event loop here (T24).
    hearSoon();
    rings.emit(undefined);
  }

  async function sleepOnce(): Promise<void> {
    const { signal } = session;
    try {
      await futex.waitAsync(own, heard, { timeout: LONGEST_SLEEP, signal });
    } catch (error) {
      // Nobody listens any more, or the memory is gone: there is nothing to hear.
      if (signal.aborted || futex.closed) return;
      throw error;
    }
    // Another session has a sleep of its own.
    if (signal.aborted) return;
    // A wake may be a late one, for a ring that was heard already.
    if (Atomics.load(words, own) === heard) hearSoon();
    else tell();
  }

  function stop(): void {
    session.abort();
    session = new AbortController();
    // `Atomics.waitAsync` cannot be taken back: it would live as long as the memory.
    if (!futex.closed) futex.wake(own, Infinity);
  }

  return {
    ring() {
      // Also once it is disposed of: the words are the peer's as well.
      if (futex.closed) return;
      Atomics.add(words, peer, 1);
      futex.wake(peer, Infinity);
    },
    listen(callback) {
      const added = rings.add(callback);
      if (listening++ === 0) hearSoon();
      let isOver = false;
      return {
        [Symbol.dispose]() {
          if (isOver) return;
          isOver = true;
          added[Symbol.dispose]();
          if (--listening === 0) stop();
        },
      };
    },
    wait(timeout) {
      const end = hostClock.now() + timeout;
      while (!hasRung(spins)) {
        const rest = end - hostClock.now();
        if (closed || !(rest > 0)) return false;
        futex.wait(own, heard, rest);
      }
      heard = Atomics.load(words, own);
      return true;
    },
    [Symbol.dispose]() {
      if (closed) return;
      closed = true;
      stop();
    },
  };
}

function check({ futex, own, peer, spins = 0 }: FutexDoorbellOptions): void {
  const { name, words } = futex;
  for (const index of [own, peer]) {
    if (Number.isInteger(index) && index >= 0 && index < words.length) continue;
    throw new MetalError(
      "OUT_OF_RANGE",
      `Make a doorbell of word ${index} of "${name}": it has ${words.length} words`,
    );
  }
  if (!Number.isInteger(spins) || spins < 0 || spins > MOST_SPINS) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Make a doorbell over "${name}": ${spins} looks are not within 0 to ${MOST_SPINS}`,
    );
  }
}
