import {
  type Clock,
  type Listeners,
  listeners,
  type Logger,
  LogLevel,
  rateLimitedLogger,
  type WaitQueue,
  waitQueue,
} from "@openamp/libmetal";
import { RpmsgError } from "../error.ts";
import { type DropCounters, dropCounters } from "./counters.ts";

/** What the state of a device is made of. */
export interface DeviceStateOptions {
  /** The device's name, for messages: `virtio0`. */
  readonly name: string;
  /** Measures the timeouts. */
  readonly clock: Clock;
  /** Takes what happens. */
  readonly logger: Logger;
}

/** What all parts of one device share: whether it still works, who waits, what it counts and logs. */
export class DeviceState {
  readonly name: string;
  readonly clock: Clock;
  /** Those who wait for something of this device. */
  readonly waits: WaitQueue;
  readonly dropped: DropCounters = dropCounters();
  /** Why the device does no more work: the first reason stays. */
  failure: RpmsgError | undefined;
  /** Whether the peer has shown any sign of life. */
  heard = false;

  readonly #logger: Logger;
  /** For lines that the peer can cause as often as it likes. */
  readonly #limitedLogger: Logger;
  readonly #failed: Listeners<RpmsgError> = listeners();

  constructor(options: DeviceStateOptions) {
    this.name = options.name;
    this.clock = options.clock;
    this.#logger = options.logger;
    this.#limitedLogger = rateLimitedLogger(options);
    this.waits = waitQueue({
      clock: options.clock,
      error: (failure, what, cause) =>
        new RpmsgError(
          failure,
          `${what}: ${failure === "TIMEOUT" ? "time is up" : "aborted"} on ${this.name}`,
          { cause },
        ),
    });
  }

  /** Throws the reason where the device does no more work. */
  checkUsable(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /** Ends the device's work, and every wait with it. */
  end(reason: RpmsgError): void {
    this.failure = reason;
    this.waits.close(reason);
  }

  /** Tells those who listen that the device failed. */
  announceFailure(reason: RpmsgError): void {
    if (reason.code === "BROKEN") this.#logger.log(LogLevel.critical, this.#line(reason.message));
    this.guard("onFailure", () => this.#failed.emit(reason));
  }

  /** Calls back when the device fails, at once where it has. */
  onFailure(callback: (reason: RpmsgError) => void): Disposable {
    const { failure } = this;
    if (failure !== undefined && failure.code !== "CLOSED") callback(failure);
    return this.#failed.add(callback);
  }

  /** Logs what the peer can cause. */
  log(level: LogLevel, message: string): void {
    this.#limitedLogger.log(level, this.#line(message));
  }

  /** Runs a callback of the user: what it throws is counted and logged, and harms nobody else. */
  guard(what: string, callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.callbackFailed(what, error);
    }
  }

  /** Counts and logs what a callback of the user threw. */
  callbackFailed(what: string, error: unknown): void {
    this.dropped.handlerErrors++;
    this.log(LogLevel.error, `${what} threw: ${String(error)}`);
  }

  #line(message: string): string {
    return `virtio_rpmsg_bus ${this.name}: ${message}`;
  }
}
