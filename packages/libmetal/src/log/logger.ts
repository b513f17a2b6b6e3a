/**
 * The levels of a log, as in `<metal/log.h>` and syslog: 0 is the gravest, 7 the most talkative.
 */
export const LogLevel = {
  emergency: 0,
  alert: 1,
  critical: 2,
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
} as const;

/** One of the eight levels, 0 to 7. */
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** Where a package writes what happens. It is passed in, never read from a global. */
export interface Logger {
  /**
   * Writes one line.
   *
   * @param level How grave it is, 0 to 7.
   * @param message The line, without a line end.
   */
  log(level: LogLevel, message: string): void;
}

/** What {@linkcode createLogger} needs. */
export interface LoggerOptions {
  /** Takes a line that passed the level. */
  readonly write: (message: string, level: LogLevel) => void;
  /** The most talkative level that is written. Default: `LogLevel.info`, as upstream. */
  readonly level?: LogLevel;
}

/**
 * Makes a logger that writes the lines up to a level.
 *
 * @param options Where lines go, and up to which level.
 * @returns The logger.
 *
 * @example
 * ```ts
 * import { createLogger, LogLevel } from "@openamp/libmetal";
 *
 * const lines: string[] = [];
 * const logger = createLogger({ write: (line) => lines.push(line), level: LogLevel.warning });
 * logger.log(LogLevel.error, "queue 0 is broken");
 * logger.log(LogLevel.debug, "not written");
 * if (lines.length !== 1) throw new Error("One line passes the level");
 * ```
 */
export function createLogger(options: LoggerOptions): Logger {
  const level = options.level ?? LogLevel.info;
  return {
    log(lineLevel, message) {
      if (lineLevel <= level) options.write(message, lineLevel);
    },
  };
}

/** A logger that writes nothing: the default of every package. */
export const silentLogger: Logger = { log() {} };
