import type { InterruptTrigger } from "./interrupt.ts";
import type { InterruptLine } from "./interrupt_line.ts";

/** What a handler did so far. */
export interface InterruptHandlerStatistics {
  /** The name that it was registered with. */
  readonly name: string;
  /** How often it was called. */
  readonly calls: number;
  /** How often it said `handled`. */
  readonly handled: number;
  /** How often it threw. */
  readonly failures: number;
  /** Milliseconds that all calls took together; 0 where the domain has no clock. */
  readonly totalTime: number;
  /** Milliseconds of the longest call. */
  readonly maximumTime: number;
}

/** A line of `/proc/interrupts`, as data. */
export interface InterruptStatistics {
  /** The number of the line. */
  readonly irq: number;
  /** The name of its controller. */
  readonly controller: string;
  /** What its interrupts are. */
  readonly trigger: InterruptTrigger;
  /** 0, the most urgent, to 15. */
  readonly priority: number;
  /** How often it was delivered since its controller was registered. */
  readonly count: number;
  /** How often nobody handled it. */
  readonly spurious: number;
  /** Edges that came while one was pending already, and were delivered with it. */
  readonly merged: number;
  /** How often it was switched off: 0 where it is on, 1 where it has no handler. */
  readonly disableDepth: number;
  /** Whether it was switched off because nobody cared. */
  readonly spuriousDisabled: boolean;
  /** Whether an interrupt waits for its delivery. */
  readonly pending: boolean;
  /** Its handlers, in the order in which they are asked. */
  readonly handlers: readonly InterruptHandlerStatistics[];
}

/** What a line tells of itself. */
export function statisticsOf(line: InterruptLine): InterruptStatistics {
  const { irq, trigger, priority, count, spurious, merged, disableDepth, spuriousDisabled } = line;
  return {
    irq,
    controller: line.controller.name,
    trigger,
    priority,
    count,
    spurious,
    merged,
    disableDepth,
    spuriousDisabled,
    pending: line.pending || line.asserted,
    handlers: line.actions.map(({ name, calls, handled, failures, totalTime, maximumTime }) => {
      return { name, calls, handled, failures, totalTime, maximumTime };
    }),
  };
}
