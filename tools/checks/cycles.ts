import { join, normalize } from "node:path";
import type { Package } from "../workspace.ts";
import type { Check } from "./check.ts";
import { importsOf } from "./syntax_tree.ts";

type Graph = ReadonlyMap<string, readonly string[]>;

/** No package and no module imports itself by way of others; type imports count. */
export const cycles: Check = {
  name: "cycles",
  problems: ({ packages }) => [
    ...circlesOf(packageGraph(packages)),
    ...packages.flatMap((entry) =>
      circlesOf(moduleGraph(entry)).map((circle) => `packages/${entry.folder}: ${circle}`),
    ),
  ],
};

function packageGraph(packages: readonly Package[]): Graph {
  return new Map(
    packages.map(({ npm }) => [
      npm.name,
      Object.keys({ ...npm.dependencies, ...npm.devDependencies, ...npm.peerDependencies }),
    ]),
  );
}

function moduleGraph({ path, sources }: Package): Graph {
  return new Map(
    sources.map((source) => [
      source,
      importsOf(join(path, source))
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => normalize(join(source, "..", specifier))),
    ]),
  );
}

/** One circle for each import that closes one, written as the way round. */
function circlesOf(graph: Graph): readonly string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (node: string): void => {
    const at = way.indexOf(node);
    if (at >= 0) circles.push(`circle: ${[...way.slice(at), node].join(" → ")}`);
    if (at >= 0 || done.has(node)) return;
    way.push(node);
    for (const next of graph.get(node) ?? []) visit(next);
    way.pop();
    done.add(node);
  };
  for (const node of graph.keys()) visit(node);
  return circles;
}
