import { LogLevel, logLevelName, metalLogLine, parseLogLevel } from "@openamp/libmetal";
import { expect, test } from "vitest";

// The text of metal_default_log_handler.
test.each([
  [0, "metal: emergency: line"],
  [1, "metal: alert:     line"],
  [2, "metal: critical:  line"],
  [3, "metal: error:     line"],
  [4, "metal: warning:   line"],
  [5, "metal: notice:    line"],
  [6, "metal: info:      line"],
  [7, "metal: debug:     line"],
  [8 as LogLevel, "metal: emergency: line"],
] as const)("a line of level %i is written as %j", (level, line) => {
  expect(metalLogLine("line", level)).toBe(line);
});

test("a level is found by its name in letters of any case, and by its number", () => {
  for (const level of Object.values(LogLevel)) {
    expect(parseLogLevel(logLevelName(level))).toBe(level);
    expect(parseLogLevel(logLevelName(level).toUpperCase())).toBe(level);
    expect(parseLogLevel(String(level))).toBe(level);
  }
  for (const none of ["", "8", "-1", "07", "warn", " debug", "toString", "1.0"]) {
    expect(parseLogLevel(none)).toBeUndefined();
  }
});
