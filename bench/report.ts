import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commit } from "../tools/report.ts";
import { repository } from "../tools/workspace.ts";
import type { Baseline } from "./baseline.ts";
import type { Machine } from "./machine.ts";
import type { Row } from "./row.ts";
import { table } from "./table.ts";

/** What a run gives: what `--json` prints. */
export interface Benchmark {
  readonly machine: Machine;
  readonly baseline: Baseline;
  readonly rows: readonly Row[];
}

/**
 * What a person reads of a run.
 *
 * @param benchmark The run.
 */
export function text({ machine, rows }: Benchmark): string {
  const { cpu, cores, kernel, load, runtimes, compiler } = machine;
  const versions = Object.entries(runtimes).map(([name, version]) => `${name} ${version}`);
  return `${cpu}, ${cores} cores, ${kernel}, load ${load}
${[...versions, compiler].join(", ")}

${table(rows)}`;
}

/**
 * Writes a run to docs/reports/bench.md, with the C sources that it was compared with; a run of some
 * cases to a file beside it, with their filters in its name.
 *
 * @param benchmark The run.
 * @param filters What chose the cases; none for all.
 */
export function writeReport(benchmark: Benchmark, filters: readonly string[]): void {
  const { command, sources } = benchmark.baseline;
  const words = ["bun run bench --report", ...filters].join(" ");
  const name = ["bench", ...filters].join("-").replaceAll(/[^a-z0-9-]+/gi, "-");
  const markdown = `# The benchmarks

Written by \`${words}\` on ${new Date().toISOString().slice(0, 10)}, at commit ${commit()}. [benchmarks.md](../benchmarks.md) says how to read it.

\`\`\`text
${text(benchmark)}
\`\`\`

As \`--json\` prints it:

\`\`\`json
${JSON.stringify(benchmark)}
\`\`\`

## The C baseline

Built by \`${command}\`.
${sources.map(({ path, sha256 }) => sourceOf(path, sha256)).join("")}`;
  mkdirSync(join(repository, "docs/reports"), { recursive: true });
  writeFileSync(join(repository, `docs/reports/${name}.md`), markdown);
}

function sourceOf(path: string, sha256: string): string {
  return `
### ${path}

SHA-256 ${sha256}

\`\`\`c
${readFileSync(join(repository, path), "utf8").trimEnd()}
\`\`\`
`;
}
