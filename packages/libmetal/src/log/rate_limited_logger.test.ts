import { createLogger, type Clock, LogLevel, rateLimitedLogger } from "@openamp/libmetal";
import { expect, test } from "vitest";

test("T47: a flood gives so many lines an interval, and one that counts the others", () => {
  let now = 0;
  const clock: Clock = { now: () => now, after: () => ({ cancel() {} }) };
  const lines: string[] = [];
  const logger = rateLimitedLogger({
    logger: createLogger({ write: (line) => lines.push(line) }),
    clock,
    burst: 3,
    interval: 100,
  });
  for (let line = 0; line < 100_000; line++) logger.log(LogLevel.info, `line ${line}`);
  expect(lines).toEqual(["line 0", "line 1", "line 2"]);
  now = 99;
  logger.log(LogLevel.info, "too early");
  now = 100;
  logger.log(LogLevel.info, "next interval");
  expect(lines.slice(3)).toEqual(["99998 lines suppressed", "next interval"]);
  now = 200;
  logger.log(LogLevel.info, "nothing was suppressed");
  expect(lines.slice(5)).toEqual(["nothing was suppressed"]);
});
