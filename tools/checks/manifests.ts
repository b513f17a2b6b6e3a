import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exportsOf } from "../workspace.ts";
import type { Package, Workspace } from "../workspace.ts";
import type { Check } from "./check.ts";

/** What npm, JSR and the compiler are told about a package is the same, and true. */
export const manifests: Check = {
  name: "manifests",
  problems: (workspace) => [
    ...workspace.packages.flatMap((entry) => packageProblems(entry, workspace.packages)),
    ...rootProblems(workspace),
    ...lockProblems(workspace),
  ],
};

function packageProblems(entry: Package, packages: readonly Package[]): readonly string[] {
  const { folder, npm, jsr, path } = entry;
  const where = `packages/${folder}`;
  if (jsr === undefined) return [`${where}: has no deno.json`];
  const problems: string[] = [];
  const equal = (what: string, left: unknown, right: unknown): void => {
    if (JSON.stringify(left) === JSON.stringify(right)) return;
    const values = `${JSON.stringify(left)} and ${JSON.stringify(right)}`;
    problems.push(`${where}: ${what} differs between package.json and deno.json: ${values}`);
  };
  if (npm.name !== `@openamp/${folder}`) problems.push(`${where}: is named ${npm.name}`);
  equal("name", npm.name, jsr.name);
  equal("version", npm.version, jsr.version);
  equal("license", npm.license, jsr.license);
  equal("exports", sorted(exportsOf(npm)), sorted(exportsOf(jsr)));
  for (const module of [...Object.values(exportsOf(npm)), ...Object.values(npm.bin ?? {})]) {
    if (!existsSync(join(path, module))) problems.push(`${where}: ${module} does not exist`);
  }
  for (const [name, range] of Object.entries(npm.dependencies ?? {})) {
    const target = packages.find((candidate) => candidate.npm.name === name);
    if (target !== undefined && range !== `^${target.npm.version}`) {
      problems.push(`${where}: depends on ${name} ${range}, which is at ${target.npm.version}`);
    }
    const imported = jsr.imports?.[name];
    if (imported !== undefined) equal(`range of ${name}`, `npm:${name}@${range}`, imported);
  }
  for (const name of Object.keys(jsr.imports ?? {})) {
    if (npm.dependencies?.[name] === undefined) {
      problems.push(`${where}: deno.json imports ${name}, package.json does not depend on it`);
    }
  }
  return problems;
}

/** Deno's workspace and the compiler's references list every package. */
function rootProblems({ root, packages }: Workspace): readonly string[] {
  const deno = readFileSync(join(root, "deno.json"), "utf8");
  const compiler = readFileSync(join(root, "tsconfig.json"), "utf8");
  return packages.flatMap(({ folder, npm, path }) => {
    const own = readFileSync(join(path, "tsconfig.json"), "utf8");
    const unreferenced = Object.keys(npm.dependencies ?? {})
      .map((name) => /^@openamp\/(.*)$/.exec(name)?.[1])
      .filter((name) => name !== undefined && !own.includes(`"../${name}"`));
    return [
      ...(deno.includes(`"./packages/${folder}"`) ? [] : [`deno.json: lacks packages/${folder}`]),
      ...(compiler.includes(`"packages/${folder}"`)
        ? []
        : [`tsconfig.json: lacks packages/${folder}`]),
      ...unreferenced.map((name) => `packages/${folder}/tsconfig.json: lacks ../${name}`),
    ];
  });
}

/** The lock file names no registry, so that a mirror serves as well. */
function lockProblems({ root }: Workspace): readonly string[] {
  const addresses = readFileSync(join(root, "bun.lock"), "utf8").match(/https?:\/\/[^"/]+/g) ?? [];
  return [...new Set(addresses)].map((address) => `bun.lock: names ${address}`);
}

function sorted(record: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  return Object.entries(record).toSorted(([left], [right]) => left.localeCompare(right));
}
