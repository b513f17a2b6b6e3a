import { createLogger, LogLevel, silentLogger } from "@openamp/libmetal";
import { expect, test } from "vitest";

test("levels are those of <metal/log.h>", () => {
  expect(Object.entries(LogLevel)).toEqual([
    ["emergency", 0],
    ["alert", 1],
    ["critical", 2],
    ["error", 3],
    ["warning", 4],
    ["notice", 5],
    ["info", 6],
    ["debug", 7],
  ]);
});

test.each(Object.values(LogLevel))("a logger at level %i writes up to it", (level) => {
  const written: string[] = [];
  const logger = createLogger({ level, write: (line, of) => written.push(`${of} ${line}`) });
  for (const each of Object.values(LogLevel)) logger.log(each, "line");
  expect(written).toEqual(
    Object.values(LogLevel)
      .filter((each) => each <= level)
      .map((each) => `${each} line`),
  );
});

test("a logger is at level info unless told otherwise, and the silent one writes nothing", () => {
  const written: LogLevel[] = [];
  const logger = createLogger({ write: (_, level) => written.push(level) });
  for (const level of Object.values(LogLevel)) {
    logger.log(level, "line");
    silentLogger.log(level, "line");
  }
  expect(written).toEqual([0, 1, 2, 3, 4, 5, 6]);
});
