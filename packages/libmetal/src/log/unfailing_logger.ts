import type { Logger } from "./logger.ts";

/**
 * A logger that throws at nobody, for what must go on whatever becomes of its line: the delivery of
 * an interrupt, the refusal of a device.
 *
 * @param logger Takes the lines.
 * @returns The same, but that what it throws is dropped.
 */
export function unfailingLogger(logger: Logger): Logger {
  return {
    log(level, message) {
      try {
        logger.log(level, message);
      } catch {
        // There is nobody left to tell.
      }
    },
  };
}
