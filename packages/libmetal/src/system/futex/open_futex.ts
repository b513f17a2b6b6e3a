import { MetalError } from "../../error.ts";
import type { Futex, FutexOutcome } from "../../lock/futex.ts";
import { FutexSleeps, LONGEST_SLEEP } from "../../lock/futex_sleeps.ts";
import type { Memory } from "../../memory/memory.ts";
import type { WaitOptions } from "../../time/clock.ts";
import { hostClock } from "../../time/host_clock.ts";
import { loadLibc } from "../libc/libc.ts";
import { type FutexRelay, futexRelay } from "./futex_relay.ts";
import { type FutexWords, futexWords } from "./futex_words.ts";

/** Milliseconds that this thread is out of reach at most: a Worker is terminated between two sleeps. */
const SLICE = 250;

/**
 * Makes sleeping and waking on the words of memory that the operating system maps, between
 * processes, Workers and runtimes: futex(2).
 *
 * `wait` blocks the thread. `waitAsync` leaves the sleeping to one Worker of this thread, which
 * starts at the first need, sleeps on all words at once, and neither holds the process nor costs
 * anything while nothing waits. On Deno it needs `--allow-read` of this package.
 *
 * @param memory Memory of `mapSharedFile`, `createSharedMemory` and the like.
 * @returns The futex. It ends with the memory.
 * @throws {MetalError} `UNSUPPORTED` for memory that the operating system has not mapped, or only for
 *   reading, for memory of kind `device`, or where the C library cannot be called.
 *
 * @example
 * ```ts
 * import { createSharedMemory, mapSharedFile, openFutex } from "@openamp/libmetal/system";
 *
 * const place = { size: 4096, physicalAddress: 0 };
 * using ours = await createSharedMemory(place);
 * using theirs = await mapSharedFile({ ...place, path: ours.path });
 * const [sleeper, waker] = [await openFutex(ours.memory), await openFutex(theirs.memory)];
 * const sleep = sleeper.waitAsync(0, 0, { timeout: 5000 });
 * Atomics.store(waker.words, 0, 1);
 * waker.wake(0, 1);
 * if ((await sleep) === "timed-out") throw new Error("It was woken");
 * ```
 */
export async function openFutex(memory: Memory): Promise<Futex> {
  const { name, kind, mapping, size } = memory;
  const address = mapping?.address;
  if (mapping === undefined || address === undefined || kind === "device") {
    throw new MetalError(
      "UNSUPPORTED",
      kind === "device"
        ? `Sleep on words of "${name}": it is device memory, which takes no atomic access`
        : `Sleep on words of "${name}": the operating system has not mapped it; between Workers ` +
            "take atomicsFutex of @openamp/libmetal",
    );
  }
  const libc = await loadLibc();
  const words = new Int32Array(mapping.buffer, mapping.byteOffset, size / 4);
  return new SystemFutex(name, words, address, mapping.closed, futexWords(libc), futexRelay(libc));
}

class SystemFutex implements Futex {
  readonly name: string;
  readonly words: Int32Array;
  readonly #address: number;
  readonly #sleeps: FutexSleeps;
  readonly #calls: FutexWords;
  readonly #relay: FutexRelay;

  constructor(
    name: string,
    words: Int32Array,
    address: number,
    closed: AbortSignal | undefined,
    calls: FutexWords,
    relay: FutexRelay,
  ) {
    this.name = name;
    this.words = words;
    this.#address = address;
    this.#sleeps = new FutexSleeps(name, closed);
    this.#calls = calls;
    this.#relay = relay;
  }

  get closed(): boolean {
    return this.#sleeps.closed;
  }

  wait(index: number, expected: number, timeout: number): FutexOutcome {
    this.#sleeps.check("Wait for", this.words, index, timeout);
    const address = this.#address + index * 4;
    const end = hostClock.now() + Math.min(timeout, LONGEST_SLEEP);
    for (;;) {
      const rest = Math.max(end - hostClock.now(), 0);
      const outcome = this.#calls.wait(address, expected, Math.min(rest, SLICE));
      if (outcome !== "timed-out" || rest === 0) return outcome;
    }
  }

  // Declared async, so that a refusal is a rejection as well.
  async waitAsync(
    index: number,
    expected: number,
    options: WaitOptions & { readonly timeout: number },
  ): Promise<FutexOutcome> {
    this.#sleeps.check("Wait for", this.words, index, options.timeout);
    const timeout = Math.min(options.timeout, LONGEST_SLEEP);
    const address = this.#address + index * 4;
    return this.#sleeps.sleep(index, { ...options, timeout }, (end) => {
      if (Atomics.load(this.words, index) !== (expected | 0)) {
        end("not-equal");
        return { abandon() {} };
      }
      return this.#relay.sleep(address, expected, end);
    });
  }

  wake(index: number, count: number): number {
    this.#sleeps.check("Wake", this.words, index);
    return this.#calls.wake(this.#address + index * 4, count);
  }
}
