// `bun run bench [--json] [--report] [case filter...]`: every case on every runtime that is here,
// beside the same in C or the bare operation of the runtime, measured in turn in one run. A filter is a part of a case's label, such as
// `thread` or `round-trip`; a case runs when one of them fits. `--json` prints one object, and
// `--report` writes docs/reports/bench.md, or a file
// beside it with the filters in its name.

import process from "node:process";
import { parseArgs } from "node:util";
import { buildBaseline } from "./baseline.ts";
import { cases, labelOf } from "./cases.ts";
import { machine, type Runtime, runtimeCommands } from "./machine.ts";
import { type Benchmark, text, writeReport } from "./report.ts";
import { measure } from "./rounds.ts";
import { type Row, rowOf } from "./row.ts";

const { values, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
  },
});
const chosen = cases.filter(
  (each) => filters.length === 0 || filters.some((filter) => labelOf(each).includes(filter)),
);
if (chosen.length === 0) {
  console.error(`No case fits ${filters.join(", ")}. The cases:\n${cases.map(labelOf).join("\n")}`);
  process.exit(2);
}

const here = await machine();
const runtimes = (Object.keys(runtimeCommands) as Runtime[]).filter((name) => {
  if (here.runtimes[name] === undefined) console.error(`${name} is not here: it has no rows`);
  return here.runtimes[name] !== undefined;
});
const baseline = await buildBaseline([
  ...new Set([...chosen.flatMap((each) => each.baseline ?? []), "probe"]),
]);
const rows: Row[] = [];
for (const each of chosen) {
  console.error(labelOf(each));
  for (const [runtime, rounds] of await measure(each, runtimes)) {
    rows.push(rowOf(each, runtime, rounds));
  }
}

const benchmark: Benchmark = { machine: here, baseline, rows };
if (values.report) writeReport(benchmark, filters);
console.log(values.json ? JSON.stringify(benchmark) : text(benchmark));
