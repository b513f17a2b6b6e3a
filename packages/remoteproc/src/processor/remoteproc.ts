import { type Listeners, listeners, LogLevel } from "@openamp/libmetal";

import type {
  Firmware,
  LoadedImage,
  ProcessorCrash,
  ProcessorDriver,
  ProcessorResources,
} from "../driver/processor_driver.ts";
import { RemoteprocError } from "../error.ts";
import { type RemoteprocResources, setUpResources } from "./resources.ts";
import { type RemoteprocState, TRANSITIONS } from "./state.ts";

/** How a start may end early. */
export interface StartOptions {
  /** Aborts the start: what had been started is ended. */
  readonly signal?: AbortSignal;
}

/**
 * The life cycle of one processor: offline, ready, running, stopped. Upstream: `remoteproc`; in the
 * kernel `rproc`.
 *
 * Calls that change the state run one after the other, in the order in which they were made.
 */
export interface Remoteproc extends AsyncDisposable {
  /** Its name in the kernel's log: `remoteproc0`. */
  readonly name: string;
  /** The platform's part. */
  readonly driver: ProcessorDriver;
  /** Where it is in its life. */
  readonly state: RemoteprocState;
  /** The image that was loaded last. */
  readonly image: LoadedImage | undefined;
  /** What the image's resource table was given; empty before a load. */
  readonly resources: RemoteprocResources;
  /** Why it died, until it is started again. */
  readonly crash: ProcessorCrash | undefined;

  /**
   * Brings firmware into the processor's memory and gives its resource table what it asks for.
   *
   * @param firmware What to load.
   * @throws {RemoteprocError} `STATE` while it runs; what the driver throws for a bad image: the
   *   state is then what it was, and nothing was written. `MEMORY_FULL`, `NOTIFY_ID` and
   *   `SEGMENT_OUTSIDE_MEMORY` where the table asks for what this processor has not: it is then
   *   `offline`, since what was loaded before is overwritten.
   */
  load(firmware: Firmware): Promise<void>;
  /**
   * Lets it run.
   *
   * @param options How the start may end early.
   * @throws {RemoteprocError} `STATE` without a loaded image; `ABORTED` by the signal, or by a stop
   *   that came meanwhile; what the driver throws.
   */
  start(options?: StartOptions): Promise<void>;
  /** Stops it; its memory can still be read. Harmless when it does not run. */
  stop(): Promise<void>;
  /** Stops it and releases everything: state `offline`. */
  shutdown(): Promise<void>;
  /**
   * Calls back after each change of state.
   *
   * @param callback Gets the new state.
   * @returns Ends the calls.
   */
  onState(callback: (state: RemoteprocState) => void): Disposable;
  /**
   * Calls back when it dies by itself.
   *
   * @param callback Gets the reason.
   * @returns Ends the calls.
   */
  onCrash(callback: (crash: ProcessorCrash) => void): Disposable;
}

const NO_RESOURCES: RemoteprocResources = { vdevs: [], traces: [], carveouts: [] };
/** Why a start was aborted by a stop. */
const STOPPED = "it was stopped meanwhile";

/**
 * Makes the life cycle of a processor; nothing is held before the first `load`.
 *
 * @param driver The platform's part.
 * @param name Its name in the log. Default `remoteproc0`.
 * @returns The processor, offline.
 *
 * @example
 * ```ts
 * import { createRemoteproc } from "@openamp/remoteproc";
 * import { workerProcessor } from "@openamp/platform-local";
 *
 * await using processor = createRemoteproc(workerProcessor());
 * const source = new URL("data:text/javascript,setInterval(() => {}, 1000)");
 * await processor.load({ name: "idle", source });
 * const [vdev] = processor.resources.vdevs;
 * if (processor.state !== "ready" || vdev?.deviceId !== 7) throw new Error("It offers rpmsg");
 * ```
 */
export function createRemoteproc(driver: ProcessorDriver, name = "remoteproc0"): Remoteproc {
  const { logger } = driver.environment;
  const states: Listeners<RemoteprocState> = listeners();
  const crashes: Listeners<ProcessorCrash> = listeners();
  let state: RemoteprocState = "offline";
  let prepared: ProcessorResources | undefined;
  let image: LoadedImage | undefined;
  let resources = NO_RESOURCES;
  let crash: ProcessorCrash | undefined;
  let watching: Disposable | undefined;
  /** Ends a start that is under way, when it is to stop. */
  let starting: AbortController | undefined;
  let last: Promise<void> = Promise.resolve();

  function log(level: LogLevel, message: string): void {
    logger.log(level, `remoteproc ${name}: ${message}`);
  }

  /** Runs calls one after the other; one that fails does not stop those behind it. */
  function inTurn(call: () => Promise<void>): Promise<void> {
    const turn = last.then(call);
    last = turn.catch(() => undefined);
    return turn;
  }

  /** A listener that throws harms neither the life cycle nor the driver that reports a crash. */
  function tell<Value>(audience: Listeners<Value>, value: Value): void {
    try {
      audience.emit(value);
    } catch (error) {
      log(LogLevel.error, `a listener of ${driver.name} threw: ${String(error)}`);
    }
  }

  function enter(next: RemoteprocState): void {
    if (state === next) return;
    state = next;
    tell(states, next);
  }

  function requireState(action: keyof typeof TRANSITIONS): void {
    if (TRANSITIONS[action].includes(state)) return;
    throw new RemoteprocError(
      "STATE",
      `${action === "load" ? "Load" : "Start"} ${driver.name}: it is ${state}, that takes ` +
        TRANSITIONS[action].join(" or "),
    );
  }

  function died(reason: ProcessorCrash): void {
    if (state !== "running") return;
    crash = reason;
    log(LogLevel.error, `crash detected in ${driver.name}: type ${reason.type}: ${reason.reason}`);
    enter("crashed");
    tell(crashes, reason);
  }

  async function load(firmware: Firmware): Promise<void> {
    requireState("load");
    let startable = prepared !== undefined;
    prepared ??= await driver.prepare();
    try {
      const loaded = await driver.load(firmware, prepared);
      // It is over what was loaded before.
      startable = false;
      resources = setUpResources(loaded, prepared);
      image = loaded;
    } catch (error) {
      if (!startable) {
        await release().catch((failure: unknown) => {
          log(LogLevel.error, `release ${driver.name}: ${String(failure)}`);
        });
        enter("offline");
      }
      throw error;
    }
    enter("ready");
  }

  async function start(options: StartOptions): Promise<void> {
    requireState("start");
    if (image === undefined) return;
    if (options.signal?.aborted) throw aborted(driver.name, options.signal);
    crash = undefined;
    starting = new AbortController();
    const stopped = starting.signal;
    const signal =
      options.signal === undefined ? stopped : AbortSignal.any([options.signal, stopped]);
    log(LogLevel.info, `powering up ${driver.name}`);
    log(LogLevel.info, `Booting fw image ${image.name}, size ${image.size}`);
    // Before the start: firmware that dies at once is running first, then crashed.
    let early: ProcessorCrash | undefined;
    watching = driver.onCrash((reason) => {
      if (state === "running") died(reason);
      else early ??= reason;
    });
    try {
      await driver.start(image, signal);
    } catch (error) {
      watching[Symbol.dispose]();
      // Each platform has a word of its own for it.
      throw signal.aborted ? aborted(driver.name, signal) : error;
    } finally {
      starting = undefined;
    }
    enter("running");
    log(LogLevel.info, `remote processor ${driver.name} is now up`);
    if (early !== undefined) died(early);
  }

  async function stop(): Promise<void> {
    if (state !== "running" && state !== "crashed") return;
    watching?.[Symbol.dispose]();
    try {
      await driver.stop();
    } catch (error) {
      // It may run still.
      watching = driver.onCrash(died);
      throw error;
    }
    log(LogLevel.info, `stopped remote processor ${driver.name}`);
    enter("stopped");
  }

  async function release(): Promise<void> {
    if (prepared === undefined) return;
    watching?.[Symbol.dispose]();
    prepared = undefined;
    resources = NO_RESOURCES;
    image = undefined;
    await driver.unprepare();
  }

  async function shutdown(): Promise<void> {
    try {
      await stop();
    } finally {
      try {
        await release();
      } finally {
        enter("offline");
      }
    }
  }

  function abortStart(): void {
    starting?.abort(STOPPED);
  }

  return {
    name,
    driver,
    get state() {
      return state;
    },
    get image() {
      return image;
    },
    get resources() {
      return resources;
    },
    get crash() {
      return crash;
    },
    load: (firmware) => inTurn(() => load(firmware)),
    start: (options = {}) => inTurn(() => start(options)),
    stop() {
      abortStart();
      return inTurn(stop);
    },
    shutdown() {
      abortStart();
      return inTurn(shutdown);
    },
    onState: (callback) => states.add(callback),
    onCrash: (callback) => crashes.add(callback),
    [Symbol.asyncDispose]() {
      return this.shutdown();
    },
  };
}

function aborted(name: string, { reason }: AbortSignal): RemoteprocError {
  return new RemoteprocError(
    "ABORTED",
    `Start ${name}: ${reason === STOPPED ? STOPPED : "aborted"}`,
    { cause: reason },
  );
}
