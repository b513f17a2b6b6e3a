import { MetalError } from "../error.ts";
import { LogLevel, type Logger, silentLogger } from "../log/logger.ts";
import { rateLimitedLogger } from "../log/rate_limited_logger.ts";
import { unfailingLogger } from "../log/unfailing_logger.ts";
import type { Clock } from "../time/clock.ts";
import { hostClock } from "../time/host_clock.ts";
import { cascade } from "./cascade.ts";
import { allocateBase, ControllerLines } from "./controller_lines.ts";
import type { InterruptHandler, InterruptHandlerOptions } from "./interrupt.ts";
import { INTERRUPT_PRIORITIES } from "./interrupt.ts";
import type { InterruptController, RegisteredController } from "./interrupt_controller.ts";
import { InterruptDispatcher } from "./interrupt_dispatcher.ts";
import { InterruptAction, type InterruptLine } from "./interrupt_line.ts";
import { type InterruptStatistics, statisticsOf } from "./interrupt_statistics.ts";
import { DEFAULT_SPURIOUS_LIMIT, type SpuriousLimit } from "./spurious_interrupts.ts";

/** What an interrupt domain is made of. */
export interface InterruptDomainOptions {
  /**
   * Times the handlers, and goes on with a storm in the next turn. Without one, that is this
   * machine's, and the handlers are not timed: an interrupt then allocates nothing, whereas reading
   * the time makes a number on the heap of Node.
   */
  readonly clock?: Clock;
  /** Takes what happens, at most 100 lines in 5 seconds. Default: nobody. */
  readonly logger?: Logger;
  /** When a line that nobody handles is switched off. Default: as the kernel. */
  readonly spurious?: SpuriousLimit;
  /** Hears of a line that was switched off because nobody cared. */
  readonly onNobodyCared?: (irq: number) => void;
}

/**
 * Numbers of interrupts, the controllers that they come from, and the handlers that they go to.
 * Upstream: `irq.h` and `irq_controller.h`, which keep one for the whole program.
 *
 * Handlers run one after the other, never one inside another: an interrupt that comes while one
 * runs waits for its end, as in the kernel. Of those that wait the most urgent comes first, and of
 * one priority the one that came first. After 1024 in one go the event loop has its turn.
 *
 * A line is switched off as often as `disable` was called, as in the kernel: two drivers that share
 * it do not undo each other's. An edge that comes while a line is off, or all are, is kept, once; a
 * level is looked at again. Both are delivered when the line is on again, before `enable` or
 * `restoreEnable` returns.
 */
export interface InterruptDomain {
  /**
   * Gives numbers to the lines of a controller. Upstream: `metal_irq_register_controller`.
   *
   * @param controller Its range, and how to switch lines.
   * @returns The controller in this domain; its source calls `handle` on it.
   * @throws {MetalError} `OVERLAP` where another has one of the numbers; `NO_SPACE` where none are
   *   left above; `EXISTS` where this one is registered; `INVALID_ARGUMENT` for a range out of range.
   */
  registerController(controller: InterruptController): RegisteredController;
  /**
   * Puts a handler on a line, and switches the line on with the first. On a shared line all
   * handlers are asked at each interrupt, in the order in which they were registered, whoever has
   * handled it. Upstream: `metal_irq_register`.
   *
   * @param irq The number of the line.
   * @param handler What to call.
   * @param options Its name, and whether it shares the line.
   * @returns Takes the handler off when it is disposed of, also from within the handler. With the
   *   last one the line is switched off, and what waited for its delivery is forgotten. The handler
   *   may be called before this returns, where an interrupt waited for it.
   * @throws {MetalError} `NOT_FOUND` where no controller has the line; `BUSY` where it has a
   *   handler and not both are shared; `INVALID_ARGUMENT` for a shared one with `enable` false.
   */
  register(irq: number, handler: InterruptHandler, options?: InterruptHandlerOptions): Disposable;
  /**
   * Takes back one `disable`, and delivers what waits. Upstream: `metal_irq_enable`.
   *
   * @param irq The number of the line.
   * @throws {MetalError} `NOT_FOUND` where no controller has the line, or it has no handler;
   *   `INVALID_ARGUMENT` where it is on.
   */
  enable(irq: number): void;
  /**
   * Switches a line off, once more. Upstream: `metal_irq_disable`.
   *
   * @param irq The number of the line.
   * @throws {MetalError} `NOT_FOUND` where no controller has the line, or it has no handler.
   */
  disable(irq: number): void;
  /**
   * Says how urgent a line is: in which order lines that wait are served.
   *
   * @param irq The number of the line.
   * @param priority 0, the most urgent, to 15. Each line has 8 at first.
   * @throws {MetalError} `NOT_FOUND` where no controller has the line; `INVALID_ARGUMENT` for
   *   another priority.
   */
  setPriority(irq: number, priority: number): void;
  /**
   * How urgent a line is. Allocates nothing.
   *
   * @param irq The number of the line.
   * @returns 0, the most urgent, to 15.
   * @throws {MetalError} `NOT_FOUND` where no controller has the line.
   */
  priority(irq: number): number;
  /**
   * Switches all interrupts off. Nests. Upstream: `metal_irq_save_disable`.
   *
   * @returns What `restoreEnable` takes.
   */
  saveDisable(): number;
  /**
   * Takes back the last `saveDisable` and, with the outermost, delivers what waits. Upstream:
   * `metal_irq_restore_enable`.
   *
   * @param flags What that `saveDisable` gave.
   * @throws {MetalError} `INVALID_ARGUMENT` where they are those of another.
   */
  restoreEnable(flags: number): void;
  /** Whether interrupts are on, as far as `saveDisable` goes. */
  readonly enabled: boolean;
  /** Interrupts of a controller with a number that is none of its lines. */
  readonly unexpected: number;
  /** What each line that was ever used has done, by rising number: `/proc/interrupts`. Allocates. */
  statistics(): readonly InterruptStatistics[];
}

/**
 * Makes a domain without controllers.
 *
 * @param options Clock, log, and when a line that nobody handles is switched off.
 * @returns The domain.
 *
 * @example
 * ```ts
 * import { interruptDomain } from "@openamp/libmetal";
 *
 * const domain = interruptDomain();
 * const gic = domain.registerController({ name: "gic", base: 32, count: 160 });
 * const served: number[] = [];
 * domain.register(65, (irq) => (served.push(irq), "handled"), { name: "ipi" });
 *
 * const flags = domain.saveDisable();
 * gic.handle(65);
 * if (served.length > 0) throw new Error("Interrupts are off: it is pending");
 * domain.restoreEnable(flags);
 * if (served[0] !== 65) throw new Error("And delivered here");
 * if (domain.statistics()[0]?.count !== 1) throw new Error("It was counted");
 * ```
 */
export function interruptDomain(options: InterruptDomainOptions = {}): InterruptDomain {
  const { clock = hostClock, spurious = DEFAULT_SPURIOUS_LIMIT, onNobodyCared } = options;
  // A device can cause lines in the log: a number that is wrong, a handler that throws (T47).
  const given = options.logger ?? silentLogger;
  const logger = unfailingLogger(rateLimitedLogger({ logger: given, clock }));
  const dispatcher = new InterruptDispatcher({
    clock,
    timed: options.clock !== undefined,
    logger,
    spurious,
    onNobodyCared,
  });
  /** By rising base. */
  let controllers: readonly ControllerLines[] = [];
  let unexpected = 0;

  function lineOf(action: string, irq: number): InterruptLine {
    for (const lines of controllers) {
      const line = lines.line(irq);
      if (line !== undefined) return line;
    }
    throw new MetalError("NOT_FOUND", `${action} IRQ ${irq}: no controller has this line`);
  }

  function usedLine(action: string, irq: number): InterruptLine {
    const line = lineOf(action, irq);
    if (line.actions.length > 0) return line;
    throw new MetalError("NOT_FOUND", `${action} IRQ ${irq}: it has no handler`);
  }

  function register(
    irq: number,
    handler: InterruptHandler,
    { name = `irq${irq}`, shared = false, enable = true }: InterruptHandlerOptions = {},
  ): Disposable {
    const line = lineOf(`Register handler "${name}" of`, irq);
    const before = line.actions;
    if (shared && !enable) {
      throw new MetalError(
        "INVALID_ARGUMENT",
        `Register handler "${name}" of IRQ ${irq}: a shared line cannot wait for its enable`,
      );
    }
    if (before.length > 0 && !(shared && before.every((each) => each.shared))) {
      throw new MetalError(
        "BUSY",
        `Register handler "${name}" of IRQ ${irq}: "${before[0]!.name}" has it, ` +
          "and not both are shared",
      );
    }
    const action = new InterruptAction(name, shared, handler);
    line.actions = [...before, action];
    try {
      if (before.length === 0 ? enable : line.spuriousDisabled) {
        // The kernel too gives a line that nobody cared for another chance with a new handler.
        line.enable();
        line.spuriousDisabled = false;
      }
    } catch (thrown) {
      line.actions = before;
      throw thrown;
    }
    dispatcher.offer(line);
    return {
      [Symbol.dispose]() {
        if (!action.live) return;
        if (line.actions.length === 1) {
          line.clear();
          return;
        }
        action.live = false;
        line.actions = line.actions.filter((each) => each !== action);
      },
    };
  }

  function registerController(controller: InterruptController): RegisteredController {
    const { name } = controller;
    if (controllers.some((each) => each.controller === controller)) {
      throw new MetalError("EXISTS", `Register interrupt controller "${name}": it is registered`);
    }
    const lines = new ControllerLines(controller, allocateBase(controller, controllers));
    const { base, count } = lines;
    controllers = [...controllers, lines].sort((a, b) => a.base - b.base);
    const registered: RegisteredController = {
      name,
      base,
      count,
      handle(irq) {
        if (lines.closed) return;
        const line = lines.line(irq);
        if (line !== undefined) {
          dispatcher.signal(line);
          return;
        }
        unexpected++;
        // The kernel's words (`ack_bad_irq`).
        const vector = Number.isInteger(irq) ? irq.toString(16) : String(irq);
        logger.log(LogLevel.critical, `${name}: unexpected IRQ trap at vector ${vector}`);
      },
      lower(irq) {
        const line = lines.line(irq);
        if (line !== undefined) line.asserted = false;
      },
      cascade(irq, demultiplex) {
        const find = (): void => demultiplex(registered);
        return cascade({
          child: lines,
          parent: lineOf(`Put controller "${name}" behind`, irq),
          controllers,
          register: (handler) => register(irq, handler, { name }),
          demultiplex: () => dispatcher.demultiplex(controller, find),
        });
      },
      release(irq) {
        lines.line(irq)?.release();
      },
      [Symbol.dispose]() {
        if (lines.closed) return;
        controllers = controllers.filter((each) => each !== lines);
        lines.cascaded?.[Symbol.dispose]();
        for (const { parent, cascaded } of controllers) {
          if (parent?.controller === controller) cascaded?.[Symbol.dispose]();
        }
        lines.close(logger);
      },
    };
    return registered;
  }

  return {
    registerController,
    register,
    enable(irq) {
      const line = usedLine("Enable", irq);
      if (line.enabled) {
        // The kernel's words (`__enable_irq`).
        throw new MetalError("INVALID_ARGUMENT", `Unbalanced enable for IRQ ${irq}: it is on`);
      }
      line.enable();
      if (line.enabled) line.spuriousDisabled = false;
      dispatcher.offer(line);
    },
    disable(irq) {
      usedLine("Disable", irq).disable();
    },
    setPriority(irq, priority) {
      const line = lineOf("Set the priority of", irq);
      if (!(Number.isInteger(priority) && priority >= 0 && priority < INTERRUPT_PRIORITIES)) {
        throw new MetalError(
          "INVALID_ARGUMENT",
          `Set the priority of IRQ ${irq}: ${priority} is not within 0 to ` +
            `${INTERRUPT_PRIORITIES - 1}`,
        );
      }
      line.priority = priority;
    },
    priority: (irq) => lineOf("Read the priority of", irq).priority,
    saveDisable: () => dispatcher.saveDisable(),
    restoreEnable(flags) {
      if (dispatcher.restoreEnable(flags)) return;
      throw new MetalError(
        "INVALID_ARGUMENT",
        `Restore interrupts: flags ${flags} are not those of the last saveDisable`,
      );
    },
    get enabled() {
      return dispatcher.enabled;
    },
    get unexpected() {
      return unexpected;
    },
    statistics: () => controllers.flatMap((lines) => lines.used.map(statisticsOf)),
  };
}
