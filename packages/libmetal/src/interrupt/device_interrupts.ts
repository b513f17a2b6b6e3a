import type { RegisteredController } from "./interrupt_controller.ts";
import type { InterruptDomain } from "./interrupt_domain.ts";

/** The interrupt of a device, as the operating system tells of it: UIO, VFIO, or an eventfd. */
export interface InterruptSource {
  /**
   * Calls back for each interrupt.
   *
   * @param callback What to call.
   * @returns Ends the calls when it is disposed of.
   */
  listen(callback: () => void): Disposable;
  /** Lets it interrupt again, where it is masked with each interrupt (UIO). */
  acknowledge?(): void;
}

/** Which line the interrupt of a device becomes. */
export interface DeviceInterruptOptions {
  /** The name of the controller: the device's. Default `device`. */
  readonly name?: string;
  /** The number of the line. Default `any`. */
  readonly irq?: number | "any";
}

/**
 * Makes the interrupt of a device a line of a domain.
 *
 * The device is acknowledged after the handlers were called, whatever they said; where the line is
 * off then, when it is on again. So it stays masked for as long as nobody may serve it.
 *
 * @param domain Where the line gets its number.
 * @param source Whose interrupt.
 * @param options The number.
 * @returns The controller, whose `base` is the number; disposing stops listening too.
 * @throws {MetalError} As `registerController`.
 *
 * @example
 * ```ts
 * import { deviceInterrupts, interruptDomain, listeners } from "@openamp/libmetal";
 *
 * const events = listeners<number>(); // what a UIO device would read
 * let acknowledged = 0;
 * const source = { listen: events.add, acknowledge: () => void acknowledged++ };
 * const domain = interruptDomain();
 * using line = deviceInterrupts(domain, source, { name: "ipi" });
 * let served = 0;
 * domain.register(line.base, () => (served++, "handled"));
 * events.emit(1);
 * if (served !== 1 || acknowledged !== 1) throw new Error("Served, then acknowledged");
 * ```
 */
export function deviceInterrupts(
  domain: InterruptDomain,
  source: InterruptSource,
  options: DeviceInterruptOptions = {},
): RegisteredController {
  const { name = "device", irq = "any" } = options;
  let enabled = false;
  let owed = false;

  function settle(): void {
    if (!owed || !enabled) return;
    owed = false;
    source.acknowledge?.();
  }

  const controller = domain.registerController({
    name,
    base: irq,
    count: 1,
    setEnabled(_, on) {
      enabled = on;
      settle();
    },
    end() {
      owed = true;
      settle();
    },
  });
  const listening = source.listen(() => controller.handle(controller.base));
  return {
    ...controller,
    [Symbol.dispose]() {
      listening[Symbol.dispose]();
      controller[Symbol.dispose]();
    },
  };
}
