import { MetalError } from "../error.ts";
import { LogLevel, type Logger } from "../log/logger.ts";
import { printable } from "../log/printable.ts";
import type { InterruptController } from "./interrupt_controller.ts";
import { MAXIMUM_LINES } from "./interrupt_controller.ts";
import { InterruptLine } from "./interrupt_line.ts";

/** The largest number of a line: C's `int`. */
const MAXIMUM_IRQ = 2 ** 31 - 1;

/** The lines of one controller, each made when it is first needed. */
export class ControllerLines {
  readonly controller: InterruptController;
  readonly base: number;
  readonly count: number;
  /** The line that it is behind, where it is behind one, and what takes it off. */
  parent: InterruptLine | undefined = undefined;
  cascaded: Disposable | undefined = undefined;
  closed = false;
  readonly #lines: (InterruptLine | undefined)[];

  constructor(controller: InterruptController, base: number) {
    this.controller = controller;
    this.base = base;
    this.count = controller.count;
    this.#lines = Array.from({ length: controller.count });
  }

  /** The line of a number; undefined where it is none of these. */
  line(irq: number): InterruptLine | undefined {
    const index = irq - this.base;
    // Also numbers from hardware come here: written so that NaN and fractions fail.
    if (!(index >= 0 && index < this.count && Number.isInteger(index))) return undefined;
    return (this.#lines[index] ??= new InterruptLine(irq, this.controller));
  }

  /** The lines that were needed so far, by rising number. */
  get used(): readonly InterruptLine[] {
    return this.#lines.filter((line) => line !== undefined);
  }

  /** Takes the handlers off all lines, and names them in the log. */
  close(logger: Logger): void {
    this.closed = true;
    let failed = false;
    let failure: unknown;
    for (const line of this.used) {
      for (const { name } of line.actions) {
        logger.log(
          LogLevel.warning,
          `irq ${line.irq}: controller ${printable(this.controller.name)} is gone, ` +
            `handler ${printable(name)} with it`,
        );
      }
      try {
        line.release();
      } catch (thrown) {
        failure = failed ? failure : thrown;
        failed = true;
      }
    }
    if (failed) throw failure;
  }
}

/**
 * Finds the numbers of a new controller.
 *
 * @param controller What it wants.
 * @param taken The controllers that have numbers, by rising base.
 * @returns Its first number.
 * @throws {MetalError} `INVALID_ARGUMENT`, `OVERLAP` or `NO_SPACE`.
 */
export function allocateBase(
  controller: InterruptController,
  taken: readonly ControllerLines[],
): number {
  const { name, count, base } = controller;
  const attempt = `Register interrupt controller "${name}"`;
  if (!(Number.isInteger(count) && count >= 1 && count <= MAXIMUM_LINES)) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${attempt}: ${count} lines are not within 1 to ${MAXIMUM_LINES}`,
    );
  }
  if (base === "any") {
    const last = taken.at(-1);
    const first = last === undefined ? 0 : last.base + last.count;
    if (first + count - 1 > MAXIMUM_IRQ) {
      throw new MetalError("NO_SPACE", `${attempt}: no ${count} numbers are left above ${first}`);
    }
    return first;
  }
  if (!(Number.isInteger(base) && base >= 0 && base + count - 1 <= MAXIMUM_IRQ)) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${attempt}: lines ${base} to ${base + count - 1} are not within 0 to 2^31 - 1`,
    );
  }
  const other = taken.find((each) => base < each.base + each.count && each.base < base + count);
  if (other !== undefined) {
    throw new MetalError(
      "OVERLAP",
      `${attempt}: lines ${base} to ${base + count - 1} overlap those of ` +
        `"${other.controller.name}", ${other.base} to ${other.base + other.count - 1}`,
    );
  }
  return base;
}
