import { createLogger, type Logger, LogLevel, silentLogger } from "@openamp/libmetal";
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

test("level and handler are exchanged while others log", () => {
  const [first, second]: [string[], string[]] = [[], []];
  const logger = createLogger({ write: (line) => first.push(line), level: LogLevel.error });
  const given: Logger = logger;
  given.log(LogLevel.debug, "too talkative");
  logger.level = LogLevel.debug;
  given.log(LogLevel.debug, "to the first");
  const before = logger.write;
  logger.write = (line, level) => second.push(`${level} ${line}`);
  given.log(LogLevel.emergency, "to the second");
  logger.write = before;
  logger.level = LogLevel.emergency;
  given.log(LogLevel.alert, "too talkative again");
  given.log(LogLevel.emergency, "back at the first");
  expect([first, second, logger.level]).toEqual([
    ["to the first", "back at the first"],
    ["0 to the second"],
    LogLevel.emergency,
  ]);
});

test.each([-1, 8, 0.5, NaN, "debug"])(
  "a level of %j is refused, and the old one stays",
  (level) => {
    const refusal = expect.objectContaining({ name: "MetalError", code: "INVALID_ARGUMENT" });
    expect(() => createLogger({ write() {}, level: level as LogLevel })).toThrow(refusal);
    const logger = createLogger({ write() {} });
    expect(() => (logger.level = level as LogLevel)).toThrow(refusal);
    expect(logger.level).toBe(LogLevel.info);
  },
);
