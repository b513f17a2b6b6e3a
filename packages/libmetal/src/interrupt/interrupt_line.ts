import type { InterruptHandler, InterruptTrigger } from "./interrupt.ts";
import { DEFAULT_INTERRUPT_PRIORITY } from "./interrupt.ts";
import type { InterruptController } from "./interrupt_controller.ts";

/** A handler on a line. In the kernel: `irqaction`. */
export class InterruptAction {
  readonly name: string;
  readonly shared: boolean;
  readonly handler: InterruptHandler;
  /** False once it was unregistered: a delivery that has begun then passes it over. */
  live = true;
  calls = 0;
  handled = 0;
  failures = 0;
  /** Milliseconds in the handler. */
  totalTime = 0;
  maximumTime = 0;

  constructor(name: string, shared: boolean, handler: InterruptHandler) {
    this.name = name;
    this.shared = shared;
    this.handler = handler;
  }

  /** Notes how long a call took. */
  took(milliseconds: number): void {
    this.totalTime += milliseconds;
    if (milliseconds > this.maximumTime) this.maximumTime = milliseconds;
  }
}

const NONE: readonly InterruptAction[] = [];

/** One line of a controller, and all that is known of it. In the kernel: `irq_desc`. */
export class InterruptLine {
  readonly irq: number;
  readonly controller: InterruptController;
  readonly trigger: InterruptTrigger;
  /** Replaced and never changed, so that a handler may unregister while a delivery goes round. */
  actions: readonly InterruptAction[] = NONE;
  /** How often it was switched off. A line without handlers is off, once. */
  disableDepth = 1;
  priority: number = DEFAULT_INTERRUPT_PRIORITY;
  /** An edge that was not delivered yet. */
  pending = false;
  /** Whether a line of trigger `level` is up. */
  asserted = false;
  /** Its place among the lines that wait. */
  queued = false;
  next: InterruptLine | undefined = undefined;

  /** Deliveries, those that nobody handled, and edges that fell into one that was pending. */
  count = 0;
  spurious = 0;
  merged = 0;
  /** For "nobody cared": deliveries in this window, how many nobody handled, and when the last. */
  recent = 0;
  unhandled = 0;
  lastUnhandled: number = -Infinity;
  /** Whether it was switched off because nobody cared. */
  spuriousDisabled = false;

  constructor(irq: number, controller: InterruptController) {
    this.irq = irq;
    this.controller = controller;
    this.trigger = controller.trigger ?? "edge";
  }

  /** Whether its handlers may be called. */
  get enabled(): boolean {
    return this.disableDepth === 0;
  }

  /** Whether its handlers are to be called, as soon as none runs. */
  get deliverable(): boolean {
    return this.disableDepth === 0 && (this.pending || this.asserted);
  }

  /** Switches it off once more. */
  disable(): void {
    if (this.disableDepth === 0) this.controller.setEnabled?.(this.irq, false);
    this.disableDepth++;
  }

  /** Takes back one `disable`. */
  enable(): void {
    if (this.disableDepth === 1) this.controller.setEnabled?.(this.irq, true);
    this.disableDepth--;
  }

  /** Takes all handlers off, and forgets what was meant for them. */
  clear(): void {
    for (const action of this.actions) action.live = false;
    this.actions = NONE;
    this.pending = false;
    this.spuriousDisabled = false;
    this.recent = 0;
    this.unhandled = 0;
    const wasEnabled = this.disableDepth === 0;
    this.disableDepth = 1;
    if (wasEnabled) this.controller.setEnabled?.(this.irq, false);
  }

  /** Makes it what it was at first, but for what was counted. */
  release(): void {
    this.asserted = false;
    this.priority = DEFAULT_INTERRUPT_PRIORITY;
    this.clear();
  }
}
