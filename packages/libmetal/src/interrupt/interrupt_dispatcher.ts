import { LogLevel, type Logger } from "../log/logger.ts";
import { printable } from "../log/printable.ts";
import type { Clock } from "../time/clock.ts";
import type { InterruptController } from "./interrupt_controller.ts";
import type { InterruptAction, InterruptLine } from "./interrupt_line.ts";
import { PendingLines } from "./pending_lines.ts";
import { nobodyCares, type SpuriousLimit } from "./spurious_interrupts.ts";

/** Deliveries in one go; what is left comes in the next turn of the event loop. */
const BUDGET = 1024;

/** What a dispatcher needs. */
export interface DispatcherOptions {
  readonly clock: Clock;
  /** Whether the handlers are timed. */
  readonly timed: boolean;
  readonly logger: Logger;
  readonly spurious: SpuriousLimit;
  readonly onNobodyCared: ((irq: number) => void) | undefined;
}

/**
 * Calls the handlers, one after the other and never one inside another: an interrupt that comes
 * while a handler runs waits for its end, as in the kernel, where handlers run with interrupts off.
 * The exception is a controller behind a line of another, whose handlers run inside the line's
 * delivery. A class, since this is the hot path.
 */
export class InterruptDispatcher {
  readonly #clock: Clock;
  readonly #timed: boolean;
  readonly #logger: Logger;
  readonly #spurious: SpuriousLimit;
  readonly #onNobodyCared: ((irq: number) => void) | undefined;
  readonly #waiting: PendingLines = new PendingLines();
  /** How often all interrupts were switched off. */
  #disableDepth = 0;
  #running = false;
  #scheduled = false;
  /** The controller whose lines are being asked for, and whether one of them interrupted. */
  #demultiplexing: InterruptController | undefined = undefined;
  #raised = false;

  constructor(options: DispatcherOptions) {
    this.#clock = options.clock;
    this.#timed = options.timed;
    this.#logger = options.logger;
    this.#spurious = options.spurious;
    this.#onNobodyCared = options.onNobodyCared;
  }

  /** Whether interrupts are on. */
  get enabled(): boolean {
    return this.#disableDepth === 0;
  }

  /** Switches all off, and tells how often they were before. */
  saveDisable(): number {
    return this.#disableDepth++;
  }

  /** Takes the last `saveDisable` back; false where `flags` is not what it gave. */
  restoreEnable(flags: number): boolean {
    // Where they are on, -1 would be one less than how often they were switched off.
    if (flags < 0 || flags !== this.#disableDepth - 1) return false;
    this.#disableDepth = flags;
    this.run();
    return true;
  }

  /** Takes an interrupt from the source of a line. */
  signal(line: InterruptLine): void {
    if (line.trigger === "level") line.asserted = true;
    else if (line.pending) line.merged++;
    else line.pending = true;
    const inside = this.#demultiplexing === line.controller;
    if (inside) this.#raised = true;
    if (inside && line.deliverable && this.#disableDepth === 0) this.#deliverInside(line);
    else this.offer(line);
  }

  /** Delivers what a line has to deliver, now or as soon as that may be. */
  offer(line: InterruptLine): void {
    if (!line.deliverable) return;
    this.#waiting.add(line);
    this.run();
  }

  /** Delivers what waits, unless a handler runs or interrupts are off: then whoever ends that does. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      // Also a handler may have switched them off, and left them so.
      for (let left = BUDGET; this.#disableDepth === 0;) {
        const line = this.#waiting.take();
        if (line === undefined) return;
        if (!line.deliverable) continue;
        if (left === 0) {
          this.#waiting.add(line);
          this.#continueLater();
          return;
        }
        left--;
        this.#deliver(line);
        if (line.deliverable) this.#waiting.add(line);
      }
    } finally {
      this.#running = false;
    }
  }

  /** Runs the demultiplexing of a controller; true where it found a line. */
  demultiplex(controller: InterruptController, find: () => void): boolean {
    const outer = this.#demultiplexing;
    const outerRaised = this.#raised;
    this.#demultiplexing = controller;
    this.#raised = false;
    try {
      find();
      return this.#raised;
    } finally {
      this.#demultiplexing = outer;
      this.#raised = outerRaised;
    }
  }

  #deliverInside(line: InterruptLine): void {
    const controller = this.#demultiplexing;
    // What its handlers raise waits, as ever.
    this.#demultiplexing = undefined;
    this.#deliver(line);
    this.#demultiplexing = controller;
    if (line.deliverable) this.#waiting.add(line);
  }

  #deliver(line: InterruptLine): void {
    line.pending = false;
    line.count++;
    const { actions } = line;
    const timed = this.#timed;
    let handled = false;
    let begin = timed ? this.#clock.now() : 0;
    // All are asked, also behind one that handled it: two devices may have raised it together.
    for (let index = 0; index < actions.length; index++) {
      const action = actions[index]!;
      if (!action.live) continue;
      if (this.#call(line, action)) handled = true;
      if (!timed) continue;
      const end = this.#clock.now();
      action.took(end - begin);
      begin = end;
    }
    this.#end(line);
    const storm = nobodyCares(line, handled, this.#clock, this.#spurious);
    if (storm && line.actions.length > 0) this.#disableSpurious(line);
  }

  #call(line: InterruptLine, action: InterruptAction): boolean {
    const depth = this.#disableDepth;
    action.calls++;
    try {
      if (action.handler(line.irq) !== "handled") return false;
      action.handled++;
      return true;
    } catch (thrown) {
      action.failures++;
      // It cannot take back its `saveDisable` any more.
      this.#disableDepth = depth;
      this.#logger.log(
        LogLevel.error,
        `irq ${line.irq}: handler ${printable(action.name)} threw: ${textOf(thrown)}`,
      );
      return false;
    }
  }

  #end(line: InterruptLine): void {
    const { controller, irq } = line;
    if (controller.end === undefined) return;
    try {
      controller.end(irq);
    } catch (thrown) {
      this.#failed(line, "end", thrown);
    }
  }

  #disableSpurious(line: InterruptLine): void {
    const { irq } = line;
    // The kernel's words (`__report_bad_irq`, `note_interrupt`).
    this.#logger.log(LogLevel.error, `irq ${irq}: nobody cared`);
    const names = line.actions.map(({ name }) => printable(name)).join(", ");
    this.#logger.log(LogLevel.error, `irq ${irq}: handlers: ${names}`);
    this.#logger.log(LogLevel.emergency, `Disabling IRQ #${irq}`);
    line.spuriousDisabled = true;
    try {
      line.disable();
    } catch (thrown) {
      // Off here at least.
      line.disableDepth++;
      this.#failed(line, "setEnabled", thrown);
    }
    try {
      this.#onNobodyCared?.(irq);
    } catch (thrown) {
      this.#failed(line, "onNobodyCared", thrown);
    }
  }

  #failed(line: InterruptLine, what: string, thrown: unknown): void {
    const { controller, irq } = line;
    this.#logger.log(
      LogLevel.error,
      `irq ${irq}: ${what} of ${printable(controller.name)} threw: ${textOf(thrown)}`,
    );
  }

  #continueLater(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.after(0, () => {
      this.#scheduled = false;
      this.run();
    });
  }
}

/** What was thrown, as text; anything may be thrown, also what has no text. */
function textOf(thrown: unknown): string {
  try {
    return printable(String(thrown));
  } catch {
    return "something without a text";
  }
}
