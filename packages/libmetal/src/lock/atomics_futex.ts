import { MetalError } from "../error.ts";
import type { Memory } from "../memory/memory.ts";
import { hostClock } from "../time/host_clock.ts";
import type { Timer, WaitOptions } from "../time/clock.ts";
import type { Futex, FutexOutcome } from "./futex.ts";
import { type ArmedSleep, type EndSleep, FutexSleeps, LONGEST_SLEEP } from "./futex_sleeps.ts";

/** Milliseconds between two looks where the engine has no `Atomics.waitAsync`. */
const POLL_INTERVAL = 5;

/**
 * Makes sleeping and waking on the words of a `SharedArrayBuffer`, for the Workers of one program:
 * `Atomics.wait`, `Atomics.waitAsync` and `Atomics.notify`.
 *
 * Where the engine has no `Atomics.waitAsync`, an asynchronous sleep looks at the word every 5 ms,
 * and so sees only wakes that come with a change of it.
 *
 * @param shared The buffer, or a memory over one.
 * @returns The futex.
 * @throws {MetalError} `UNSUPPORTED` for a memory whose bytes are no `SharedArrayBuffer`, or of kind
 *   `device`.
 *
 * @example
 * ```ts
 * import { atomicsFutex } from "@openamp/libmetal";
 *
 * const futex = atomicsFutex(new SharedArrayBuffer(64));
 * const sleep = futex.waitAsync(0, 0, { timeout: 1000 });
 * Atomics.store(futex.words, 0, 1);
 * futex.wake(0, 1);
 * if ((await sleep) !== "ok") throw new Error("It was woken");
 * if (futex.wait(0, 0, 1000) !== "not-equal") throw new Error("The word is 1");
 * ```
 */
export function atomicsFutex(shared: Memory | SharedArrayBuffer): Futex {
  if (!("mapping" in shared)) {
    const words = new Int32Array(shared, 0, Math.floor(shared.byteLength / 4));
    return new AtomicsFutex("a shared buffer", words, undefined);
  }
  const { name, kind, size, mapping } = shared;
  const buffer = mapping?.buffer;
  if (mapping === undefined || !isShared(buffer) || kind === "device") {
    throw new MetalError(
      "UNSUPPORTED",
      kind === "device"
        ? `Sleep on words of "${name}": it is device memory, which takes no atomic access`
        : `Sleep on words of "${name}": its bytes are no SharedArrayBuffer, or only to be read; ` +
            "between processes take openFutex of @openamp/libmetal/system",
    );
  }
  const words = new Int32Array(mapping.buffer, mapping.byteOffset, size / 4);
  return new AtomicsFutex(name, words, mapping.closed);
}

class AtomicsFutex implements Futex {
  readonly name: string;
  readonly words: Int32Array;
  readonly #sleeps: FutexSleeps;

  constructor(name: string, words: Int32Array, closed: AbortSignal | undefined) {
    this.name = name;
    this.words = words;
    this.#sleeps = new FutexSleeps(name, closed);
  }

  get closed(): boolean {
    return this.#sleeps.closed;
  }

  wait(index: number, expected: number, timeout: number): FutexOutcome {
    const { words } = this;
    this.#sleeps.check("Wait for", words, index, timeout);
    try {
      return Atomics.wait(words, index, expected, Math.min(timeout, LONGEST_SLEEP));
    } catch (cause) {
      throw new MetalError(
        "UNSUPPORTED",
        `Wait for word ${index} of "${this.name}": this thread must not block; use waitAsync`,
        { cause },
      );
    }
  }

  // Declared async, so that a refusal is a rejection as well.
  async waitAsync(
    index: number,
    expected: number,
    options: WaitOptions & { readonly timeout: number },
  ): Promise<FutexOutcome> {
    const { words } = this;
    this.#sleeps.check("Wait for", words, index, options.timeout);
    const timeout = Math.min(options.timeout, LONGEST_SLEEP);
    return this.#sleeps.sleep(index, { ...options, timeout }, (end) =>
      typeof Atomics.waitAsync === "function"
        ? this.#waitForNotify(index, expected, timeout, end)
        : pollWord(words, index, expected, end),
    );
  }

  wake(index: number, count: number): number {
    this.#sleeps.check("Wake", this.words, index);
    return Atomics.notify(this.words, index, count);
  }

  #waitForNotify(index: number, expected: number, timeout: number, end: EndSleep): ArmedSleep {
    const { words } = this;
    const waiting = Atomics.waitAsync(words, index, expected, timeout);
    if (!waiting.async) {
      end(waiting.value);
      return NOTHING;
    }
    void this.#hear(waiting.value, index, end);
    return NOTHING;
  }

  async #hear(notified: Promise<FutexOutcome>, index: number, end: EndSleep): Promise<void> {
    const outcome = await notified;
    // An abandoned sleep cannot be taken back: a wake that reaches it is passed on.
    if (!end(outcome) && outcome === "ok") Atomics.notify(this.words, index, 1);
  }
}

const NOTHING: ArmedSleep = { abandon() {} };

function pollWord(words: Int32Array, index: number, expected: number, end: EndSleep): ArmedSleep {
  if (Atomics.load(words, index) !== expected) {
    end("not-equal");
    return NOTHING;
  }
  let timer: Timer;
  const look = (): void => {
    if (Atomics.load(words, index) !== expected) end("ok");
    else timer = hostClock.after(POLL_INTERVAL, look);
  };
  timer = hostClock.after(POLL_INTERVAL, look);
  return { abandon: () => timer.cancel() };
}

function isShared(buffer: ArrayBufferLike | undefined): buffer is SharedArrayBuffer {
  // Compared by name: the buffer may come from another realm. A page that is not cross-origin
  // isolated has no SharedArrayBuffer at all.
  return Object.prototype.toString.call(buffer) === "[object SharedArrayBuffer]";
}
