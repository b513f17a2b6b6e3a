// The part of .ci/run that comes after `npm test`: every other check, then the totals of both.

import process from "node:process";
import { readResult, suites } from "./results.ts";
import { run } from "./run.ts";

const steps: readonly string[] = [
  "lint",
  "format:check",
  "typecheck",
  "check",
  "publish:check",
  "pack:demo",
  "docs",
];

const tests = suites.map((suite) => readResult(suite, 0, 0));
const totals = {
  passed: sum(tests.map(({ passed }) => passed)),
  failed: sum(tests.map(({ failed }) => failed)),
  skipped: sum(tests.map(({ skipped }) => skipped)),
};
// `npm test` failed, though no test did.
if (process.argv[2] !== "0" && totals.failed === 0) totals.failed = 1;

for (const step of steps) {
  const { status, stdout, stderr, seconds } = await run("bun", ["run", "--silent", step], {
    limit: 20 * 60,
  });
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${step} (${seconds.toFixed(0)} s)`);
  if (status === 0) {
    totals.passed += 1;
  } else {
    totals.failed += 1;
    console.log(stdout, stderr);
  }
}

const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exit(totals.failed === 0 ? 0 : 1);

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
