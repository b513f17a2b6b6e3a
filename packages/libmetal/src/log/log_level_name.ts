import { LogLevel, type LogLevelName } from "./logger.ts";

const names: ReadonlyMap<LogLevel, LogLevelName> = new Map(
  Object.entries(LogLevel).map(([name, level]) => [level, name as LogLevelName]),
);

/** The width of the longest name and its colon: messages begin in one column. */
const COLUMN = "emergency: ".length;

/**
 * The name of a level.
 *
 * @param level 0 to 7.
 * @returns Its name, or "emergency" for what is no level, as upstream.
 */
export function logLevelName(level: LogLevel): LogLevelName {
  return names.get(level) ?? "emergency";
}

/**
 * The level that a user has named, as in an option or a variable of the environment.
 *
 * @param text A name such as `debug`, in letters of any case, or a digit from `0` to `7`.
 * @returns The level, or undefined where it is none.
 */
export function parseLogLevel(text: string): LogLevel | undefined {
  const wanted = text.toLowerCase();
  for (const [level, name] of names) if (name === wanted || String(level) === wanted) return level;
  return undefined;
}

/**
 * A line as upstream's default handler writes it: `metal: <level>: `, then the message, which starts in
 * the same column at each level.
 *
 * @param message The line.
 * @param level Its level.
 * @returns The line with its prefix.
 *
 * @example
 * ```ts
 * import { createLogger, LogLevel, metalLogLine } from "@openamp/libmetal";
 *
 * const lines: string[] = [];
 * const logger = createLogger({ write: (line, level) => lines.push(metalLogLine(line, level)) });
 * logger.log(LogLevel.error, "bus not found");
 * if (lines[0] !== "metal: error:     bus not found") throw new Error("As upstream");
 * ```
 */
export function metalLogLine(message: string, level: LogLevel): string {
  return `metal: ${`${logLevelName(level)}: `.padEnd(COLUMN)}${message}`;
}
