import { INTERRUPT_PRIORITIES } from "./interrupt.ts";
import type { InterruptLine } from "./interrupt_line.ts";

/**
 * The lines that wait for their delivery: the most urgent first, and of one priority the one that
 * came first, so that none of them starves. Linked through the lines themselves: nothing is
 * allocated.
 */
export class PendingLines {
  readonly #first: (InterruptLine | undefined)[] = Array.from({ length: INTERRUPT_PRIORITIES });
  readonly #last: (InterruptLine | undefined)[] = Array.from({ length: INTERRUPT_PRIORITIES });
  /** Bit n: a line of priority n waits. */
  #priorities = 0;

  /** Adds a line behind the others of its priority; once, however often it is added. */
  add(line: InterruptLine): void {
    if (line.queued) return;
    line.queued = true;
    const { priority } = line;
    const last = this.#last[priority];
    if (last === undefined) this.#first[priority] = line;
    else last.next = line;
    this.#last[priority] = line;
    this.#priorities |= 1 << priority;
  }

  /** Takes the most urgent line out; undefined where none waits. */
  take(): InterruptLine | undefined {
    const priorities = this.#priorities;
    if (priorities === 0) return undefined;
    const priority = 31 - Math.clz32(priorities & -priorities);
    const line = this.#first[priority]!;
    const { next } = line;
    line.next = undefined;
    line.queued = false;
    this.#first[priority] = next;
    if (next === undefined) {
      this.#last[priority] = undefined;
      this.#priorities = priorities & ~(1 << priority);
    }
    return line;
  }
}
