import type { Clock } from "../time/clock.ts";
import type { InterruptLine } from "./interrupt_line.ts";

/** When a line that nobody handles is switched off. */
export interface SpuriousLimit {
  /** It is decided after each so many interrupts of the line. Default 100,000, as the kernel. */
  readonly window: number;
  /** Where more of them than this were handled by nobody. Default 99,900, as the kernel. */
  readonly unhandled: number;
}

/** The kernel's bound (`note_interrupt`). */
export const DEFAULT_SPURIOUS_LIMIT: SpuriousLimit = { window: 100_000, unhandled: 99_900 };

/** Milliseconds after which an interrupt that nobody handled is no part of a storm. */
const APART = 100;

/**
 * Counts a delivery as the kernel's `note_interrupt` does.
 *
 * @param line The line.
 * @param handled Whether anybody handled it.
 * @param clock Tells when it was delivered.
 * @param limit The bound.
 * @returns True where nobody has cared for too long.
 */
export function nobodyCares(
  line: InterruptLine,
  handled: boolean,
  clock: Clock,
  limit: SpuriousLimit,
): boolean {
  if (!handled) {
    line.spurious++;
    // Now and then one that nobody handles is usual on shared lines: only those in a row count.
    const now = clock.now();
    line.unhandled = now - line.lastUnhandled > APART ? 1 : line.unhandled + 1;
    line.lastUnhandled = now;
  }
  line.recent++;
  if (line.recent < limit.window) return false;
  const storm = line.unhandled > limit.unhandled;
  line.recent = 0;
  line.unhandled = 0;
  return storm;
}
