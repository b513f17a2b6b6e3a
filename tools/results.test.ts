import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readResult } from "./results.ts";

function report(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "openamp-results-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "report"), text);
  return join(folder, "report");
}

const vitest = JSON.stringify({
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 2,
  numTodoTests: 1,
});

test("counts what vitest reports", () => {
  const result = readResult("bun", 0, 3, report(vitest));
  expect(result).toEqual({ suite: "bun", passed: 5, failed: 0, skipped: 3, seconds: 3 });
});

test("counts the examples that Deno reports", () => {
  const xml = '<testsuites name="deno test" tests="12" failures="2" errors="0" time="0.2">';
  expect(readResult("examples", 1, 0, report(xml))).toMatchObject({ passed: 10, failed: 2 });
});

test("counts a run that failed without a failed test", () => {
  expect(readResult("node", 1, 0, report(vitest))).toMatchObject({ passed: 5, failed: 1 });
});

test("counts a run that left no report", () => {
  expect(readResult("deno", 0, 0, "/nonexistent")).toMatchObject({ passed: 0, failed: 1 });
});
