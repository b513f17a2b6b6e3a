import type { Clock } from "../time/clock.ts";
import { type Logger, LogLevel } from "./logger.ts";

/** What {@linkcode rateLimitedLogger} needs. */
export interface RateLimitOptions {
  /** Takes the lines that pass. */
  readonly logger: Logger;
  /** Measures the interval. */
  readonly clock: Clock;
  /** Lines that pass in one interval. Default 100. */
  readonly burst?: number;
  /** Milliseconds of one interval. Default 5000, as the kernel's `DEFAULT_RATELIMIT_INTERVAL`. */
  readonly interval?: number;
}

/**
 * Makes a logger that lets so many lines through in each interval and counts the others, for lines
 * that a peer can cause (T47). The count comes as a line of its own, before the first line of the
 * next interval. In the kernel: `printk_ratelimited`.
 *
 * @param options Where lines go, and how many.
 * @returns The logger.
 *
 * @example
 * ```ts
 * import { createLogger, hostClock, LogLevel, rateLimitedLogger } from "@openamp/libmetal";
 *
 * const lines: string[] = [];
 * const logger = createLogger({ write: (line) => lines.push(line) });
 * const limited = rateLimitedLogger({ logger, clock: hostClock, burst: 2 });
 * for (let line = 0; line < 1000; line++) limited.log(LogLevel.warning, "bad frame");
 * if (lines.length !== 2) throw new Error("Two lines pass");
 * ```
 */
export function rateLimitedLogger(options: RateLimitOptions): Logger {
  const { logger, clock, burst = 100, interval = 5000 } = options;
  let begin = -Infinity;
  let passed = 0;
  let suppressed = 0;
  return {
    log(level, message) {
      const now = clock.now();
      if (now - begin >= interval) {
        if (suppressed > 0) logger.log(LogLevel.warning, `${suppressed} lines suppressed`);
        begin = now;
        passed = 0;
        suppressed = 0;
      }
      if (passed < burst) {
        passed++;
        logger.log(level, message);
      } else suppressed++;
    },
  };
}
