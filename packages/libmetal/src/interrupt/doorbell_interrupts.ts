import type { Doorbell } from "../doorbell/doorbell.ts";
import type { RegisteredController } from "./interrupt_controller.ts";
import type { InterruptDomain } from "./interrupt_domain.ts";

/** Which lines the rings of a doorbell become. */
export interface DoorbellInterruptOptions {
  /** The name of the controller. Default `doorbell`. */
  readonly name?: string;
  /** The number of the line of notify id 0. Default `any`. */
  readonly base?: number | "any";
  /** How many notify ids have a line. */
  readonly count: number;
}

/**
 * Makes the rings of a doorbell interrupts: notify id n is the line `base + n`. A ring without an
 * id, or with one that has no line, says "look at everything": all lines interrupt.
 *
 * @param domain Where the lines get their numbers.
 * @param doorbell Whose rings.
 * @param options How many lines.
 * @returns The controller; disposing stops listening too.
 * @throws {MetalError} As `registerController`.
 *
 * @example
 * ```ts
 * import { doorbellInterrupts, interruptDomain, listeners } from "@openamp/libmetal";
 *
 * const rings = listeners<number | undefined>();
 * const doorbell = { ring: (id: number) => rings.emit(id), listen: rings.add };
 * const domain = interruptDomain();
 * using lines = doorbellInterrupts(domain, doorbell, { count: 2, base: 16 });
 * let served = 0;
 * domain.register(17, (irq) => ((served = irq), "handled"));
 * doorbell.ring(1);
 * if (served !== 17) throw new Error(`Notify id 1 is line 17 of ${lines.name}`);
 * ```
 */
export function doorbellInterrupts(
  domain: InterruptDomain,
  doorbell: Pick<Doorbell, "listen">,
  options: DoorbellInterruptOptions,
): RegisteredController {
  const { name = "doorbell", base: wanted = "any", count } = options;
  const controller = domain.registerController({ name, base: wanted, count });
  const { base } = controller;

  function heard(id: number | undefined): void {
    if (id !== undefined && Number.isInteger(id) && id >= 0 && id < count) {
      controller.handle(base + id);
      return;
    }
    for (let line = base; line < base + count; line++) controller.handle(line);
  }

  let listening: Disposable;
  try {
    listening = doorbell.listen(heard);
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
