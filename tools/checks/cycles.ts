import { dirname, join, normalize } from "node:path";
import type { Package } from "../workspace.ts";
import type { Check } from "./check.ts";
import { importsOf } from "./syntax_tree.ts";

type Graph = ReadonlyMap<string, readonly string[]>;

/** No package, no folder of one and no module imports itself by way of others; type imports count. */
export const cycles: Check = {
  name: "cycles",
  problems: ({ packages }) => [
    ...circlesOf(packageGraph(packages)),
    ...packages.flatMap((entry) => {
      const modules = moduleGraph(entry);
      const circles = circlesOf(modules);
      return (circles.length > 0 ? circles : circlesOf(folderGraph(modules))).map(
        (circle) => `packages/${entry.folder}: ${circle}`,
      );
    }),
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

/** Folders are layers, with what lies below them. Modules of `src` itself belong to none. */
function folderGraph(modules: Graph): Graph {
  const folders = new Map<string, Set<string>>();
  for (const [module, imports] of modules) {
    const folder = dirname(module);
    if (folder === "src") continue;
    const others = folders.get(folder) ?? new Set();
    folders.set(folder, others);
    for (const other of imports.map((path) => dirname(path))) {
      const within = `${other}/`.startsWith(`${folder}/`) || `${folder}/`.startsWith(`${other}/`);
      if (!within) others.add(other);
    }
  }
  return new Map([...folders].map(([folder, others]) => [folder, [...others]]));
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
