import { listeners } from "../event/listeners.ts";
import { type Logger, LogLevel, silentLogger } from "../log/logger.ts";
import { printable } from "../log/printable.ts";
import { unfailingLogger } from "../log/unfailing_logger.ts";

/**
 * An interrupt of a device. Upstream: `irq_num` and `irq_info` of a `metal_device`, which are passed
 * to `metal_irq_register`, `metal_irq_enable`, `metal_irq_disable` and the bus's `dev_irq_ack`.
 */
export interface DeviceInterrupt {
  /** The name, for messages and look-ups. */
  readonly name: string;
  /**
   * Events since the device was opened, also those that came together and those for which nobody
   * listened.
   */
  readonly count: number;
  /**
   * Calls back for events. Several may listen.
   *
   * @param callback Gets how many events there were since the call before: more than 1 where some
   *   came together.
   * @returns Ends the calls when it is disposed of.
   * @throws {MetalError} `CLOSED` after the device was closed.
   */
  listen(callback: (events: number) => void): Disposable;
  /**
   * Lets the device interrupt.
   *
   * @throws {MetalError} `CLOSED`; `UNSUPPORTED` where the driver has no switch.
   */
  enable(): void;
  /**
   * Keeps the device from interrupting.
   *
   * @throws {MetalError} `CLOSED`; `UNSUPPORTED` where the driver has no switch.
   */
  disable(): void;
  /**
   * Arms the interrupt again after an event, once the cause was removed in the device: a level line
   * stays masked until then. Does nothing where nothing has to be armed (MSI).
   *
   * @throws {MetalError} `CLOSED`; `UNSUPPORTED` where the driver has no switch.
   */
  acknowledge(): void;
}

/** What {@linkcode interruptSource} needs: what the bus does to the line. */
export interface InterruptSourceOptions {
  /** The name, for messages and look-ups. */
  readonly name: string;
  /** Takes a line for each callback that throws. Default: none is written. */
  readonly logger?: Logger;
  /** Lets the line interrupt. */
  readonly enable?: () => void;
  /** Masks the line. */
  readonly disable?: () => void;
  /** Arms the line after an event. */
  readonly acknowledge?: () => void;
}

/** An interrupt, and the end at which its bus raises it. */
export interface InterruptSource {
  /** What the driver of the device sees. */
  readonly interrupt: DeviceInterrupt;
  /**
   * Tells that events have come. Never throws: a callback that throws is logged.
   *
   * @param events How many, 1 and up.
   */
  readonly raise: (events: number) => void;
}

/**
 * Makes an interrupt that a bus raises.
 *
 * @param options Its name, and what is done to its line.
 * @returns Both ends.
 *
 * @example
 * ```ts
 * import { interruptSource } from "@openamp/libmetal";
 *
 * const { interrupt, raise } = interruptSource({ name: "timer" });
 * let heard = 0;
 * using listening = interrupt.listen((events) => (heard += events));
 * raise(1);
 * raise(2);
 * if (heard !== 3 || interrupt.count !== 3) throw new Error("Every event is counted");
 * ```
 */
export function interruptSource(options: InterruptSourceOptions): InterruptSource {
  const { name, enable, disable, acknowledge } = options;
  const logger = unfailingLogger(options.logger ?? silentLogger);
  const heard = listeners<number>();
  let count = 0;
  return {
    interrupt: {
      name,
      get count() {
        return count;
      },
      listen: (callback) => heard.add(callback),
      enable: () => enable?.(),
      disable: () => disable?.(),
      acknowledge: () => acknowledge?.(),
    },
    raise(events) {
      count += events;
      try {
        heard.emit(events);
      } catch (thrown) {
        logger.log(LogLevel.error, `interrupt ${name}: a handler has thrown: ${textOf(thrown)}`);
      }
    },
  };
}

/** What was thrown, as text; anything may be thrown, also what has no text. */
function textOf(thrown: unknown): string {
  try {
    return printable(String(thrown));
  } catch {
    return "something without a text";
  }
}
