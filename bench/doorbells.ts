// `bun bench/doorbells.ts [--rounds N] [--report]`: how long a doorbell takes there and back, on every
// line and runtime, interleaved in one run. `--report` writes docs/reports/doorbells.md.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { commit } from "../tools/report.ts";
import { run } from "../tools/run.ts";
import { repository } from "../tools/workspace.ts";
import { type DoorbellRow, doorbellRows } from "./doorbell_rows.ts";
import { machine, type Runtime, runtimeCommands } from "./machine.ts";

/** Round trips of one run. */
const ROUND_TRIPS = 1000;
/** Seconds after which a run is given up. */
const LIMIT = 60;

const runtimes: readonly Runtime[] = ["bun", "deno", "node"];

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    report: { type: "boolean", default: false },
  },
});

/** The median and the 99th percentile of each run, by row and runtime. */
const runs = new Map<string, number[]>();

for (let round = 0; round < Number(values.rounds); round++) {
  for (const index of doorbellRows.keys()) {
    for (const runtime of runtimes) {
      const [file, ...flags] = runtimeCommands[runtime];
      const args = [...flags, "bench/programs/doorbell.ts", String(index), String(ROUND_TRIPS)];
      const { status, stdout, stderr } = await run(file, args, { limit: LIMIT });
      if (status !== 0) throw new Error(`${runtime}, row ${index}: ${stderr}`);
      const [median] = JSON.parse(stdout) as [number, number];
      const key = `${index} ${runtime}`;
      runs.set(key, [...(runs.get(key) ?? []), median]);
    }
  }
  console.error(`round ${round + 1} of ${values.rounds}`);
}

const { cpu, cores, kernel, load, runtimes: versions } = await machine();
const text = `${cpu}, ${cores} cores, ${kernel}, load ${load}
${Object.entries(versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(", ")}`;
const tables = (["processes", "workers"] as const).map(
  (between) =>
    `## Between two ${between === "workers" ? "Workers" : "processes"}\n\n${table(between)}`,
);
console.log(`${text}\n\n${tables.join("\n\n")}`);

if (values.report) {
  mkdirSync(join(repository, "docs/reports"), { recursive: true });
  writeFileSync(
    join(repository, "docs/reports/doorbells.md"),
    `# The doorbells

Written by \`bun bench/doorbells.ts --report\` on ${new Date().toISOString().slice(0, 10)}, at commit ${commit()}.

Microseconds that a ring takes there and back, both ends on the same runtime: the median of ${ROUND_TRIPS} round trips in each of ${values.rounds} runs, and of these the median, the least and the greatest. All rows ran in turns. A wake-up of a processor that sleeps takes some ten times as long as one of a processor that is awake, so that other work on the machine moves these figures: compare those of one table, and of one column.

\`\`\`text
${text}
\`\`\`

${tables.join("\n\n")}

"Looks" is \`spins\`: how often a side looks at the word before it sleeps. It pays where both sides have a processor of their own; where they share one, each look keeps the other from its answer. "Blocking" is \`FutexDoorbell.wait\` on both sides, which have no event loop then.
`,
  );
}
process.exit(0);

function table(between: DoorbellRow["between"]): string {
  const rows = [...doorbellRows.entries()].filter(([, row]) => row.between === between);
  return [
    `| line | ${runtimes.join(" | ")} |`,
    `| --- | ${runtimes.map(() => "---:").join(" | ")} |`,
    ...rows.map(
      ([index, row]) =>
        `| ${nameOf(row)} | ${runtimes.map((runtime) => cell(index, runtime)).join(" | ")} |`,
    ),
  ].join("\n");
}

function nameOf({ line, wait, spins }: DoorbellRow): string {
  const looks = spins > 0 ? `, ${spins.toLocaleString("en")} looks` : "";
  return `${line}${wait === "blocking" ? ", blocking" : ""}${looks}`;
}

function cell(index: number, runtime: Runtime): string {
  const sorted = (runs.get(`${index} ${runtime}`) ?? []).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `${format(median)} (${format(sorted[0] ?? 0)} to ${format(sorted.at(-1) ?? 0)})`;
}

function format(microseconds: number): string {
  return microseconds < 10 ? microseconds.toFixed(1) : microseconds.toFixed(0);
}
