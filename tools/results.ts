import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { repository } from "./workspace.ts";

const everySuite = ["bun", "deno", "node", "chromium", "arm64", "examples"] as const;
export type Suite = (typeof everySuite)[number];

/**
 * What `npm test` runs: the vitest suite on each runtime, the pure part of it in Chromium, the system
 * layer's as emulated arm64 programs, and the examples of the documentation. On an arm64 machine
 * there is nothing to emulate.
 */
export const suites: readonly Suite[] = everySuite.filter(
  (suite) => suite !== "arm64" || process.arch !== "arm64",
);

/** The folder for results of the last `npm test`. */
export const results: string = join(repository, ".cache/test");

/** How one suite ended. */
export interface Result {
  readonly suite: Suite;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

/** The file that a suite's runner writes: vitest's JSON report, or Deno's in JUnit's format. */
export function resultFile(suite: Suite): string {
  return join(results, suite === "examples" ? "examples.xml" : `${suite}.json`);
}

/**
 * Counts what a suite's runner reported.
 *
 * A run that gave no report, or that failed although each of its tests passed, counts as a failure:
 * a module that does not load and a process that does not end have no test of their own.
 */
export function readResult(
  suite: Suite,
  status: number,
  seconds: number,
  file: string = resultFile(suite),
): Result {
  const counted = existsSync(file)
    ? countsOf(suite, readFileSync(file, "utf8"))
    : { passed: 0, failed: 1, skipped: 0 };
  const failed = status !== 0 && counted.failed === 0 ? 1 : counted.failed;
  return { suite, seconds, ...counted, failed };
}

function countsOf(suite: Suite, text: string): Pick<Result, "passed" | "failed" | "skipped"> {
  if (suite === "examples") {
    const all = Number(/<testsuites [^>]*tests="(\d+)"/.exec(text)?.[1] ?? 0);
    const failed = Number(/<testsuites [^>]*failures="(\d+)"/.exec(text)?.[1] ?? 0);
    return { passed: all - failed, failed, skipped: 0 };
  }
  const report = JSON.parse(text) as {
    readonly numPassedTests: number;
    readonly numFailedTests: number;
    readonly numPendingTests: number;
    readonly numTodoTests: number;
  };
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
