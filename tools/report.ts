import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, release, type } from "node:os";
import { join } from "node:path";
import { counts } from "./counts.ts";
import type { Count } from "./counts.ts";
import { type Result, type Suite, suites } from "./results.ts";
import { path } from "./run.ts";
import { repository } from "./workspace.ts";

const reportFile = join(repository, "docs/reports/test-long.md");

/**
 * Writes what a run at the long counts showed to docs/reports/test-long.md. A suite that did not take
 * part keeps the rows of its last run; a part of a suite has a row of its own, until the whole runs.
 *
 * @param results What ran.
 * @param filters The parts of paths to which the run was limited; none for whole suites.
 */
export function writeReport(results: readonly Result[], filters: readonly string[]): void {
  const earlier = existsSync(reportFile) ? readFileSync(reportFile, "utf8") : "";
  const rows: readonly (readonly [string, Count])[] = Object.entries(counts);
  const when = `${commit()} | ${new Date().toISOString().slice(0, 10)}`;
  const text = `# The suite at its long counts

Written by \`bun run test:long\`. A row is of the suite's last run, \`bun run test:long --runtime SUITE\` where it ran by itself, with the words behind it where only the files were run whose paths hold them.

Machine: ${cpus()[0]?.model ?? arch()}, ${availableParallelism()} cores, ${type()} ${release()}.
Runtimes: Bun ${versionOf("bun")}, Deno ${versionOf("deno")}, Node ${versionOf("node")}.
${suites.map((suite) => hosts[suite]?.() ?? "").join("")}
| suite | passed | failed | skipped | seconds | at commit | on |
| --- | ---: | ---: | ---: | ---: | --- | --- |
${suiteRows(results, filters, earlier, when).join("\n")}

| repeated | short | long | promise |
| --- | ---: | ---: | --- |
${rows.map(([name, { short, long, meets }]) => `| ${name} | ${short} | ${long} | ${meets} |`).join("\n")}
`;
  mkdirSync(join(repository, "docs/reports"), { recursive: true });
  writeFileSync(reportFile, text);
}

/**
 * The rows of the suites: of those that ran, and what an earlier report has of the others.
 *
 * @param results What ran.
 * @param filters What the run was limited to.
 * @param earlier The report of before, or nothing.
 * @param when The commit and the date of this run.
 */
export function suiteRows(
  results: readonly Result[],
  filters: readonly string[],
  earlier: string,
  when: string,
): readonly string[] {
  const kept = earlier.split("\n");
  return suites.flatMap((suite) => {
    const before = kept.filter((line) => new RegExp(`^\\| ${suite} `).test(line));
    const ran = results.find((result) => result.suite === suite);
    if (ran === undefined) return before;
    const name = [suite, ...filters].join(" ");
    const { passed, failed, skipped, seconds } = ran;
    const row = `| ${name} | ${passed} | ${failed} | ${skipped} | ${seconds.toFixed(0)} | ${when} |`;
    if (filters.length === 0) return [row];
    return [...before.filter((line) => !line.startsWith(`| ${name} | `)), row];
  });
}

/** The commit that is checked out, and whether something is changed since. */
export function commit(): string {
  const options = { cwd: repository, encoding: "utf8" } as const;
  const changed = execFileSync("git", ["status", "--porcelain"], options) !== "";
  const hash = execFileSync("git", ["rev-parse", "--short", "HEAD"], options).trim();
  return changed ? `${hash} with changes` : hash;
}

/** What suites beside those of the runtimes run in, and its version. */
const hosts: Readonly<Partial<Record<Suite, () => string>>> = {
  chromium: () => `Suite \`chromium\`: Chromium ${versionOf("/usr/bin/chromium")}.\n`,
  arm64: () =>
    `Suite \`arm64\`: the same versions, as arm64 programs under qemu-user ${versionOf("qemu-aarch64")}.\n`,
};

function versionOf(runtime: string): string {
  const output = execFileSync(runtime, ["--version"], {
    encoding: "utf8",
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "pipe", "ignore"],
  });
  return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? "unknown";
}
