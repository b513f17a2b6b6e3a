import type { InterruptTrigger } from "./interrupt.ts";

/** The most lines that one controller has. */
export const MAXIMUM_LINES = 65536;

/** What a source of interrupts brings to a domain. Upstream: `metal_irq_controller`. */
export interface InterruptController {
  /** The name, for the log and the statistics. */
  readonly name: string;
  /**
   * The number of its first line, 0 to 2^31 - 1, or `any`: the first above all that are taken.
   * Upstream: `irq_base`, `METAL_IRQ_ANY`.
   */
  readonly base: number | "any";
  /** How many lines it has, 1 to 65536. Upstream: `irq_num`. */
  readonly count: number;
  /** What its interrupts are. Default `edge`. */
  readonly trigger?: InterruptTrigger;
  /**
   * Switches a line on or off at the source. Called only when that changes. A source that cannot
   * is left on, and what comes meanwhile is kept. Upstream: `irq_set_enable`.
   *
   * @param irq The number of the line.
   * @param enabled Whether it may interrupt.
   */
  setEnabled?(irq: number, enabled: boolean): void;
  /**
   * Told after all handlers of a line were called, whatever they said: the place to acknowledge the
   * interrupt. In the kernel: `irq_eoi`.
   *
   * @param irq The number of the line.
   */
  end?(irq: number): void;
}

/**
 * A controller in a domain: its lines have numbers, and its source may call.
 *
 * Disposing takes it out. Handlers that its lines still have are not called again, and the log
 * names them; to dispose of them too does no harm. Its numbers are free again.
 */
export interface RegisteredController extends Disposable {
  /** The name. */
  readonly name: string;
  /** The number of its first line. */
  readonly base: number;
  /** How many lines it has. */
  readonly count: number;
  /**
   * An interrupt came: an edge, or a line that is up now. The handlers are called before this
   * returns, unless the line or all interrupts are off, or a handler runs: then afterwards. Never
   * throws, and allocates nothing.
   *
   * A number that is none of this controller's is counted as unexpected: it may come from hardware.
   * After the controller was disposed of, nothing happens.
   *
   * @param irq The number of the line.
   */
  handle(irq: number): void;
  /**
   * A line of trigger `level` is down again. On others, nothing happens.
   *
   * @param irq The number of the line.
   */
  lower(irq: number): void;
  /**
   * Puts this controller behind a line of another, as the kernel's chained handlers do: when that
   * line interrupts, `demultiplex` asks the hardware which lines are up and calls `handle` for each.
   * Their handlers then run inside it, so that the line is acknowledged after them.
   *
   * Where it calls `handle` for no line, the interrupt counts as `not-handled`.
   *
   * @param irq The line, which must have no handler.
   * @param demultiplex Calls `handle` for each line that is up.
   * @returns Takes it off that line when it is disposed of.
   * @throws {MetalError} `NOT_FOUND` where no controller has the line; `BUSY` where it has a
   *   handler, or this controller is behind a line already; `INVALID_ARGUMENT` where the line is
   *   its own or behind it, or is more than 8 controllers deep.
   */
  cascade(irq: number, demultiplex: (child: RegisteredController) => void): Disposable;
  /**
   * Takes every handler off a line and gives it back its first priority, for a number that goes to
   * somebody else. In the kernel: `irq_dispose_mapping`.
   *
   * @param irq The number of the line.
   */
  release(irq: number): void;
}
