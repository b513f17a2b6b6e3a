import { createLogger, type Logger, LogLevel } from "@openamp/libmetal";
import type { Io } from "./io.ts";

/**
 * Writes the log of the packages, in the kernel's words.
 *
 * @param io Where to.
 * @param json Whether standard output belongs to a JSON object; the log goes to standard error then.
 * @param verbose Whether to write the debug level.
 * @returns The logger.
 */
export function kernelLog(io: Io, json: boolean, verbose: boolean): Logger {
  return createLogger({
    write: json ? io.err : io.out,
    level: verbose ? LogLevel.debug : LogLevel.info,
  });
}
