import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Workspace } from "../workspace.ts";
import type { Check } from "./check.ts";
import { parse, walk } from "./syntax_tree.ts";

/** Every attack that docs/threats.md calls covered is named by at least one test. */
export const threats: Check = {
  name: "threats",
  problems: (workspace) => {
    const document = join(workspace.root, "docs/threats.md");
    if (!existsSync(document)) return ["docs/threats.md: does not exist"];
    const covered = coveredAttacks(readFileSync(document, "utf8"));
    if (covered.length === 0) return ["docs/threats.md: calls no attack covered"];
    const named = attacksNamedByTests(workspace);
    return covered
      .filter((attack) => !named.has(attack))
      .map((attack) => `docs/threats.md: ${attack} is called covered, but no test names it`);
  },
};

/** The number that starts each row of a table in which a cell says `covered`. */
function coveredAttacks(document: string): readonly string[] {
  return document.split("\n").flatMap((line) => {
    const attack = /^\|\s*(T\d{2})\s*\|/.exec(line)?.[1];
    return attack !== undefined && /\|\s*covered\b/i.test(line) ? [attack] : [];
  });
}

/** Attack numbers in the texts of tests: their titles, or the rows that they run through. */
function attacksNamedByTests({ packages }: Workspace): ReadonlySet<string> {
  const named = new Set<string>();
  const collect = (text: unknown): void => {
    if (typeof text !== "string") return;
    for (const [attack] of text.matchAll(/\bT\d{2}\b/g)) named.add(attack);
  };
  for (const { path, tests } of packages) {
    for (const test of tests.filter((name) => name.endsWith(".test.ts"))) {
      walk(parse(join(path, test)), (node) => {
        if (node.type === "Literal") collect(node["value"]);
        if (node.type === "TemplateElement") collect(JSON.stringify(node["value"]));
      });
    }
  }
  return named;
}
