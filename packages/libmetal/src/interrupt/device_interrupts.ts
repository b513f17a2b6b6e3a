import type { DeviceInterrupt } from "../device/device_interrupt.ts";
import type { RegisteredController } from "./interrupt_controller.ts";
import type { InterruptDomain } from "./interrupt_domain.ts";

/** Which line the interrupt of a device becomes. */
export interface DeviceInterruptOptions {
  /** The name of the controller. Default: that of the interrupt. */
  readonly name?: string;
  /** The number of the line. Default `any`. */
  readonly irq?: number | "any";
}

/**
 * Makes the interrupt of a device a line of a domain. The device may interrupt while the line is on,
 * where its driver has a switch.
 *
 * It is acknowledged after the handlers were called, whatever they said; where the line is off then,
 * when it is on again. So a level line stays masked for as long as nobody may serve it.
 *
 * @param domain Where the line gets its number.
 * @param interrupt The interrupt: `device.interrupt()`.
 * @param options The number.
 * @returns The controller, whose `base` is the number; disposing stops listening too.
 * @throws {MetalError} As `registerController`; `CLOSED` where the device is closed.
 *
 * @example
 * ```ts
 * import { deviceInterrupts, interruptDomain, interruptSource } from "@openamp/libmetal";
 *
 * let acknowledged = 0;
 * const { interrupt, raise } = interruptSource({ name: "ipi", acknowledge: () => acknowledged++ });
 * const domain = interruptDomain();
 * using line = deviceInterrupts(domain, interrupt);
 * let served = 0;
 * domain.register(line.base, () => (served++, "handled"));
 * raise(1);
 * if (served !== 1 || acknowledged !== 1) throw new Error("Served, then acknowledged");
 * ```
 */
export function deviceInterrupts(
  domain: InterruptDomain,
  interrupt: DeviceInterrupt,
  options: DeviceInterruptOptions = {},
): RegisteredController {
  const { name = interrupt.name, irq = "any" } = options;
  let enabled = false;
  let owed = false;

  function acknowledge(): void {
    if (!owed || !enabled) return;
    owed = false;
    whereItCan(() => interrupt.acknowledge());
  }

  const controller = domain.registerController({
    name,
    base: irq,
    count: 1,
    setEnabled(_, on) {
      enabled = on;
      whereItCan(() => (on ? interrupt.enable() : interrupt.disable()));
      acknowledge();
    },
    end() {
      owed = true;
      acknowledge();
    },
  });
  let listening: Disposable;
  try {
    listening = interrupt.listen(() => controller.handle(controller.base));
  } catch (thrown) {
    controller[Symbol.dispose]();
    throw thrown;
  }
  return {
    ...controller,
    [Symbol.dispose]() {
      listening[Symbol.dispose]();
      controller[Symbol.dispose]();
    },
  };
}

/** A driver without a switch never masks its line; a device that is closed has none any more. */
function whereItCan(call: () => void): void {
  try {
    call();
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (code !== "UNSUPPORTED" && code !== "CLOSED") throw thrown;
  }
}
