// `bun run check`: the repository's own rules. Prints a line for each, below it what breaks it, and
// fails when something does. Names of rules as arguments run only those.

import process from "node:process";
import { browserBundle } from "./checks/browser_bundle.ts";
import type { Check } from "./checks/check.ts";
import { countTable } from "./checks/counts.ts";
import { cycles } from "./checks/cycles.ts";
import { documentation } from "./checks/documentation.ts";
import { ecmascript2022 } from "./checks/ecmascript_2022.ts";
import { layers } from "./checks/layers.ts";
import { manifests } from "./checks/manifests.ts";
import { purity } from "./checks/purity.ts";
import { threats } from "./checks/threats.ts";
import { readWorkspace } from "./workspace.ts";

const checks: readonly Check[] = [
  layers,
  cycles,
  purity,
  ecmascript2022,
  manifests,
  browserBundle,
  documentation,
  threats,
  countTable,
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(`There is no check ${unknown.join(", ")}`);
  process.exit(2);
}

const workspace = readWorkspace();
for (const { name, problems } of checks) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const found = await problems(workspace);
  console.log(`${found.length === 0 ? "ok  " : "FAIL"} ${name}`);
  for (const problem of found) console.log(`     ${problem}`);
  if (found.length > 0) process.exitCode = 1;
}
