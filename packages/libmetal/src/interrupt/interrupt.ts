/**
 * What a handler says of an interrupt: whether it came from its device. Upstream:
 * `METAL_IRQ_HANDLED`, `METAL_IRQ_NOT_HANDLED`.
 */
export type InterruptResult = "handled" | "not-handled";

/**
 * Serves an interrupt. It runs to its end before any other handler does; what it throws is counted
 * and logged, and taken for `not-handled`. Upstream: `metal_irq_handler`.
 *
 * @param irq The number of the line.
 * @returns Whether the interrupt came from its device.
 */
export type InterruptHandler = (irq: number) => InterruptResult;

/**
 * What an interrupt is.
 *
 * - `edge`: an event. One that comes while the line is off is kept, once, however often it comes.
 * - `level`: a state. The handlers are called for as long as the line is up.
 */
export type InterruptTrigger = "edge" | "level";

/** How many priorities there are, 0 the most urgent: as many as the smallest GIC has. */
export const INTERRUPT_PRIORITIES = 16;

/** The priority of a line that nobody gave one. */
export const DEFAULT_INTERRUPT_PRIORITY = 8;

/** How a handler is registered. */
export interface InterruptHandlerOptions {
  /** Who it is, for the log and the statistics. Default `irq` and the number. */
  readonly name?: string;
  /**
   * Whether the line may have other handlers. All of them have to agree, as in the kernel
   * (`IRQF_SHARED`). Default false.
   */
  readonly shared?: boolean;
  /**
   * Whether the line is switched on with its first handler, as the kernel does and upstream does
   * not. With false, `enable` does it (`IRQF_NO_AUTOEN`), which a shared line cannot have. Default
   * true.
   */
  readonly enable?: boolean;
}
