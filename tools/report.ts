import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, release, type } from "node:os";
import { join } from "node:path";
import { counts } from "./counts.ts";
import type { Count } from "./counts.ts";
import type { Result } from "./results.ts";
import { path } from "./run.ts";
import { repository } from "./workspace.ts";

/** Writes what a run at the long counts showed to docs/reports/test-long.md. */
export function writeReport(results: readonly Result[]): void {
  const rows: readonly (readonly [string, Count])[] = Object.entries(counts);
  const text = `# The suite at its long counts

Written by \`bun run test:long\` on ${new Date().toISOString().slice(0, 10)}, at commit ${commit()}.

Machine: ${cpus()[0]?.model ?? arch()}, ${availableParallelism()} cores, ${type()} ${release()}.
Runtimes: Bun ${versionOf("bun")}, Deno ${versionOf("deno")}, Node ${versionOf("node")}.

| suite | passed | failed | skipped | seconds |
| --- | ---: | ---: | ---: | ---: |
${results.map((row) => `| ${row.suite} | ${row.passed} | ${row.failed} | ${row.skipped} | ${row.seconds.toFixed(0)} |`).join("\n")}

| repeated | short | long | promise |
| --- | ---: | ---: | --- |
${rows.map(([name, { short, long, meets }]) => `| ${name} | ${short} | ${long} | ${meets} |`).join("\n")}
`;
  mkdirSync(join(repository, "docs/reports"), { recursive: true });
  writeFileSync(join(repository, "docs/reports/test-long.md"), text);
}

/** The commit that is checked out, and whether something is changed since. */
export function commit(): string {
  const options = { cwd: repository, encoding: "utf8" } as const;
  const changed = execFileSync("git", ["status", "--porcelain"], options) !== "";
  const hash = execFileSync("git", ["rev-parse", "--short", "HEAD"], options).trim();
  return changed ? `${hash} with changes` : hash;
}

function versionOf(runtime: string): string {
  const output = execFileSync(runtime, ["--version"], {
    encoding: "utf8",
    env: { ...process.env, PATH: path },
  });
  return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? "unknown";
}
