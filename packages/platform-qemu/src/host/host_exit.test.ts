import process from "node:process";
import { expect, test } from "vitest";
import { atHostExit } from "./host_exit.ts";

const events = ["exit", "uncaughtExceptionMonitor", "SIGHUP", "SIGINT", "SIGTERM"] as const;
const counts = (): readonly number[] => events.map((event) => process.listenerCount(event));

// What the hooks do at the end of a program is seen in host_end.boot.test.ts, from outside.
test("hooks are there while there is something to clean up, and once", () => {
  const before = counts();
  const first = atHostExit(() => {});
  const second = atHostExit(() => {});
  expect(counts()).toEqual(before.map((count) => count + 1));
  first[Symbol.dispose]();
  expect(counts()).toEqual(before.map((count) => count + 1));
  second[Symbol.dispose]();
  second[Symbol.dispose]();
  expect(counts()).toEqual(before);
});
