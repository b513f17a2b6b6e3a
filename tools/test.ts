// `npm test [-- --runtime bun|deno|node|chromium|arm64] [filter...]`: the whole suite on all three
// runtimes, its pure part in Chromium, the system layer's as arm64 programs under an emulator, then
// the examples of the documentation. `--long` takes the long counts of tools/counts.ts and writes
// docs/reports/test-long.md. Results are left in .cache/test for .ci/run.

import { mkdirSync, rmSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { filesWithExamples } from "./examples.ts";
import { writeReport } from "./report.ts";
import { readResult, resultFile, results, suites } from "./results.ts";
import type { Suite } from "./results.ts";
import { run } from "./run.ts";

/** A suite that has not ended by then hangs; ended in time, it takes a tenth of this. */
const limits = { short: 30 * 60, long: 6 * 3600 };

const commands: Readonly<Record<Suite, readonly string[]>> = {
  bun: ["bun", "--bun", "vitest", "run"],
  deno: ["deno", "run", "--allow-all", "npm:vitest", "run"],
  node: ["node", "node_modules/vitest/vitest.mjs", "run"],
  chromium: ["node", "node_modules/vitest/vitest.mjs", "run", "--config=vitest.browser.config.ts"],
  arm64: ["node", "node_modules/vitest/vitest.mjs", "run", "--config=vitest.arm64.config.ts"],
  examples: ["deno", "test", "--doc", "--allow-all", "--quiet", "--reporter=dot"],
};

const { values, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: "boolean", default: false },
    runtime: { type: "string", multiple: true, default: [...suites] },
  },
});
const chosen = suites.filter((suite) => values.runtime.includes(suite));
if (chosen.length !== values.runtime.length) {
  console.error(`--runtime takes one of ${suites.join(", ")}`);
  process.exit(2);
}

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const depth = values.long ? "long" : "short";
const summary = [];
for (const suite of chosen) {
  if (suite === "examples" && filters.length > 0) continue;
  console.log(`\n── ${suite} ──`);
  const [command = "", ...args] = [...commands[suite], ...argumentsOf(suite)];
  const { status, seconds } = await run(command, args, {
    inherit: true,
    env: { OPENAMP_TEST_DEPTH: depth },
    limit: limits[depth],
  });
  summary.push(readResult(suite, status, seconds));
}

console.log("");
for (const { suite, passed, failed, skipped, seconds } of summary) {
  const counts = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  console.log(`${suite.padEnd(8)}  ${counts} in ${seconds.toFixed(0)} s`);
}
if (values.long) writeReport(summary, filters);
process.exit(summary.some(({ failed }) => failed > 0) ? 1 : 0);

function argumentsOf(suite: Suite): readonly string[] {
  return suite === "examples"
    ? [`--junit-path=${resultFile(suite)}`, ...filesWithExamples()]
    : [
        "--reporter=default",
        "--reporter=json",
        `--outputFile=${resultFile(suite)}`,
        // A filter may name a part of the suite that these do not run.
        ...(suite === "chromium" || suite === "arm64" ? ["--passWithNoTests"] : []),
        ...filters,
      ];
}
