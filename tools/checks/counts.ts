import { readFileSync } from "node:fs";
import { join } from "node:path";
import { counts } from "../counts.ts";
import type { Count } from "../counts.ts";
import type { Workspace } from "../workspace.ts";
import type { Check } from "./check.ts";

/** Every row of tools/counts.ts repeats something, longer when long, and is used by a test. */
export const countTable: Check = {
  name: "counts",
  problems: (workspace) => countProblems(workspace, counts),
};

/** The same for any table. */
export function countProblems(
  { packages }: Workspace,
  table: Readonly<Record<string, Count>>,
): readonly string[] {
  const tests = packages.flatMap(({ path, tests: names }) =>
    names.map((name) => readFileSync(join(path, name), "utf8")),
  );
  return Object.entries(table).flatMap(([name, { short, long }]) => [
    ...(short > 0 && long >= short ? [] : [`tools/counts.ts: "${name}" is ${short}, then ${long}`]),
    ...(tests.some((text) => text.includes(`count("${name}")`))
      ? []
      : [`tools/counts.ts: "${name}" is used by no test`]),
  ]);
}
