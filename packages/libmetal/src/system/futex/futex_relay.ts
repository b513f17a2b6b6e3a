import process from "node:process";
import { Worker } from "node:worker_threads";
import { MetalError } from "../../error.ts";
import type { ArmedSleep, EndSleep } from "../../lock/futex_sleeps.ts";
import type { Libc } from "../libc/libc.ts";
import { moduleUrl } from "../worker/module_url.ts";
import { type FutexWords, futexWords } from "./futex_words.ts";
import { CONTROL_SENT, CONTROL_STOP, type RelayData, type RelayRequest } from "./relay_protocol.ts";

/** Sleeps on words without blocking this thread: a Worker does it, and tells. */
export interface FutexRelay extends AsyncDisposable {
  /**
   * Sleeps on a word.
   *
   * @param address Where the word lies: mapped as long as this process runs.
   * @param expected What it was when the sleep was decided.
   * @param end Ends the sleep.
   */
  sleep(address: number, expected: number, end: EndSleep): ArmedSleep;
}

/** How a relay is made, for tests. */
export interface FutexRelayOptions {
  /** False: as if this kernel had no futex_waitv(2). */
  readonly vectored?: boolean;
}

interface Sleep {
  readonly address: number;
  readonly end: EndSleep;
}

let shared: FutexRelay | undefined;

/**
 * The relay of this thread. Its Worker starts at the first sleep.
 *
 * @param libc The C library.
 */
export function futexRelay(libc: Libc): FutexRelay {
  return (shared ??= makeFutexRelay(libc));
}

/**
 * Makes a relay with a Worker of its own.
 *
 * The Worker never holds the process: the timers of the sleeps do, as long as there are any. While
 * there are none it is in its event loop, where it can be ended. At the end of the process it is
 * told to leave its sleep, because Node waits for the thread.
 *
 * @param libc The C library.
 * @param options How it sleeps.
 * @returns The relay; its disposal ends the Worker.
 */
export function makeFutexRelay(libc: Libc, options: FutexRelayOptions = {}): FutexRelay {
  const calls = futexWords(libc);
  const sleeps = new Map<number, Sleep>();
  let ids = 0;
  let link: RelayLink | undefined;

  function reported(report: unknown): void {
    const id = Number(report);
    const sleep = sleeps.get(Math.abs(id));
    if (sleep === undefined) return;
    sleeps.delete(Math.abs(id));
    // Woken, and nobody sleeps any more: the wake is the next one's.
    if (id > 0 && !sleep.end("ok")) calls.wake(sleep.address, 1);
  }

  function failed(cause: unknown): void {
    link = undefined;
    const error = new MetalError(
      "UNSUPPORTED",
      `Wait for words of shared memory: the Worker that sleeps on them has ended: ${String(cause)}`,
      { cause },
    );
    const ended = [...sleeps.values()];
    sleeps.clear();
    for (const { end } of ended) end(error);
  }

  return {
    sleep(address, expected, end) {
      link ??= new RelayLink(libc, calls, options, reported, failed);
      const { send } = link;
      const id = ++ids;
      sleeps.set(id, { address, end });
      send([id, address, expected]);
      return {
        abandon() {
          if (sleeps.has(id)) send([id]);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await link?.end();
    },
  };
}

function startWorker(workerData: RelayData): Worker {
  const module = moduleUrl("./relay_worker", import.meta.url);
  try {
    return new Worker(module, { workerData, name: "futex relay" });
  } catch (cause) {
    const refused = cause instanceof Error && cause.name === "NotCapable";
    throw new MetalError(
      "UNSUPPORTED",
      refused
        ? `Deno starts the Worker that sleeps on words of shared memory only with --allow-read=${module.pathname}`
        : `The Worker that sleeps on words of shared memory does not start: ${String(cause)}`,
      { cause },
    );
  }
}

/** The Worker, and the word that calls it out of its sleep. */
class RelayLink {
  readonly #worker: Worker;
  readonly #control: Int32Array;
  readonly #address: number;
  readonly #calls: FutexWords;
  readonly #stop = (): void => {
    Atomics.store(this.#control, CONTROL_STOP, 1);
    this.#call();
  };

  constructor(
    libc: Libc,
    calls: FutexWords,
    { vectored = true }: FutexRelayOptions,
    reported: (report: unknown) => void,
    failed: (cause: unknown) => void,
  ) {
    const control = new SharedArrayBuffer(8);
    this.#control = new Int32Array(control);
    this.#address = libc.address(new Uint8Array(control));
    this.#calls = calls;
    const data: RelayData = { control, vectored };
    const worker = startWorker(data);
    this.#worker = worker;
    worker.on("message", reported);
    // Of an error comes both: the second would end the sleeps of the next Worker.
    let over = false;
    const end = (cause: unknown): void => {
      if (over) return;
      over = true;
      process.off("exit", this.#stop);
      failed(cause);
    };
    worker.once("error", end);
    worker.once("exit", (code) => end(`exit ${code}`));
    process.once("exit", this.#stop);
    worker.unref();
  }

  readonly send = (request: RelayRequest): void => {
    this.#worker.postMessage(request);
    this.#call();
  };

  async end(): Promise<void> {
    this.#stop();
    await this.#worker.terminate();
  }

  /** Calls the Worker out of its sleep. */
  #call(): void {
    Atomics.add(this.#control, CONTROL_SENT, 1);
    this.#calls.wake(this.#address, 1);
  }
}
