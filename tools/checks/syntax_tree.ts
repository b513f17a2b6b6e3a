import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

/** A node of the ESTree that a module parses to. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

/** Parses the module at `path`; a module that does not parse throws. */
export function parse(path: string): Node {
  const { program, errors } = parseSync(path, readFileSync(path, "utf8"), {
    sourceType: "module",
  });
  const [first] = errors;
  if (first !== undefined) throw new SyntaxError(`${path}: ${first.message}`);
  const tree: unknown = program;
  if (!isNode(tree)) throw new TypeError(`${path}: The parser gave no tree`);
  return tree;
}

/** Calls `visit` for every node below and including `node`, parents first. */
export function walk(node: Node, visit: (node: Node, parent: Node | undefined) => void): void {
  const step = (value: unknown, parent: Node | undefined): void => {
    if (Array.isArray(value)) {
      for (const item of value) step(item, parent);
    } else if (isNode(value)) {
      visit(value, parent);
      for (const child of Object.values(value)) step(child, value);
    }
  };
  step(node, undefined);
}

/** Every module that the module at `path` names: imports, re-exports, `import()` and type imports. */
export function importsOf(path: string): readonly string[] {
  const found = new Set<string>();
  walk(parse(path), (node) => {
    const { type, source } = node;
    if (!/^(Import|Export|TSImportType)/.test(type) || !isNode(source)) return;
    if (typeof source["value"] === "string") found.add(source["value"]);
  });
  return [...found];
}

/** Whether `value` is a node of the tree. */
export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
