import { MetalError } from "../error.ts";

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

/** The name of a level. */
export type LogLevelName = keyof typeof LogLevel;

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
 * A logger whose handler and level can be exchanged at any time, by whoever has made it; those who log
 * are given it as a {@linkcode Logger}. Nothing is global: upstream has one handler and one level for
 * the whole program.
 */
export interface AdjustableLogger extends Logger {
  /**
   * The most talkative level that is written, 0 to 7; anything else is refused with
   * `INVALID_ARGUMENT`. Upstream: `metal_set_log_level`, `metal_get_log_level`.
   */
  level: LogLevel;
  /** Takes a line that passed the level. Upstream: `metal_set_log_handler`, `metal_get_log_handler`. */
  write: LoggerOptions["write"];
}

/**
 * Makes a logger that writes the lines up to a level.
 *
 * @param options Where lines go, and up to which level.
 * @returns The logger.
 * @throws {MetalError} `INVALID_ARGUMENT` for a level that is none of the eight.
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
 * logger.level = LogLevel.debug;
 * logger.log(LogLevel.debug, "written now");
 * if (lines.at(-1) !== "written now") throw new Error("The level was raised");
 * ```
 */
export function createLogger(options: LoggerOptions): AdjustableLogger {
  let level = checkedLevel(options.level ?? LogLevel.info);
  let { write } = options;
  return {
    get level() {
      return level;
    },
    set level(next) {
      level = checkedLevel(next);
    },
    get write() {
      return write;
    },
    set write(next) {
      write = next;
    },
    log(lineLevel, message) {
      if (lineLevel <= level) write(message, lineLevel);
    },
  };
}

/** A logger that writes nothing: the default of every package. */
export const silentLogger: Logger = { log() {} };

function checkedLevel(level: LogLevel): LogLevel {
  if (Number.isInteger(level) && level >= LogLevel.emergency && level <= LogLevel.debug)
    return level;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `Set the level of a log: ${String(level)} is none of 0 to 7`,
  );
}
