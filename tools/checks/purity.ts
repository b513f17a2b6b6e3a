import { join } from "node:path";
import { core, systemFolder } from "../workspace.ts";
import type { Check } from "./check.ts";
import { importsOf, isNode, parse, walk } from "./syntax_tree.ts";
import type { Node } from "./syntax_tree.ts";

const runtimeGlobals: ReadonlySet<unknown> = new Set([
  "Bun",
  "Deno",
  "process",
  "Buffer",
  "require",
  "global",
  "__dirname",
  "__filename",
]);

/**
 * The core touches no runtime: no global of one, no module of one, nothing awaited while it loads.
 *
 * `libmetal/src/system` is the exception, and no other module of the core may import it.
 */
export const purity: Check = {
  name: "purity",
  problems: ({ packages }) =>
    packages
      .filter(({ folder }) => core.includes(folder))
      .flatMap(({ folder, path, sources }) =>
        sources
          .filter((source) => !`${folder}/${source}`.startsWith(systemFolder))
          .flatMap((source) =>
            moduleProblems(join(path, source)).map(
              (problem) => `packages/${folder}/${source}: ${problem}`,
            ),
          ),
      ),
};

function moduleProblems(path: string): readonly string[] {
  const problems: string[] = [];
  for (const specifier of importsOf(path)) {
    if (/^(node|bun|npm|jsr|https?):/.test(specifier)) problems.push(`imports ${specifier}`);
    if (specifier === "@openamp/libmetal/system" || /(^|\/)system\//.test(specifier)) {
      problems.push(`imports ${specifier}, which is not part of the pure core`);
    }
  }
  const tree = parse(path);
  const own = declaredNames(tree);
  walk(tree, (node, parent) => {
    const name = globalName(node, parent);
    if (name !== undefined && !own.has(name)) problems.push(`uses the runtime global ${name}`);
  });
  if (awaitsAtTopLevel(tree)) problems.push("awaits while it loads");
  return problems;
}

/** The runtime global that a node reads: by name, through `globalThis`, or by asking for it there. */
function globalName(node: Node, parent: Node | undefined): string | undefined {
  const { type, name, value } = node;
  if (type === "Identifier" && runtimeGlobals.has(name) && !isPropertyName(node, parent)) {
    return String(name);
  }
  const isNamedText = type === "Literal" && runtimeGlobals.has(value);
  if (isNamedText && parent?.type === "BinaryExpression" && parent["operator"] === "in") {
    return String(value);
  }
  return isNamedText && parent?.type === "MemberExpression" && isGlobalThis(parent)
    ? String(value)
    : undefined;
}

/** Names that the module gives to things of its own: functions, parameters, variables, imports. */
function declaredNames(tree: Node): ReadonlySet<unknown> {
  const names = new Set<unknown>();
  walk(tree, ({ type, id, local, params }) => {
    const isImport = /^Import.*Specifier$/.test(type);
    for (const binding of [id, isImport ? local : undefined, params].flat()) {
      if (isNode(binding) && binding.type === "Identifier") names.add(binding["name"]);
    }
  });
  return names;
}

/** Whether an identifier only names a property, as in `x.process` or `{ process: 1 }`. */
function isPropertyName(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined || parent["computed"] === true) return false;
  switch (parent.type) {
    case "MemberExpression":
      return parent["property"] === node && !isGlobalThis(parent);
    case "Property":
      return parent["key"] === node && parent["shorthand"] !== true;
    case "MethodDefinition":
    case "PropertyDefinition":
    case "AccessorProperty":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return parent["key"] === node;
    default:
      return false;
  }
}

function isGlobalThis(member: Node): boolean {
  let object = member["object"];
  while (isNode(object) && isNode(object["expression"])) object = object["expression"];
  return isNode(object) && (object["name"] === "globalThis" || object["name"] === "self");
}

function awaitsAtTopLevel(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(awaitsAtTopLevel);
  if (!isNode(value) || /Function|StaticBlock/.test(value.type)) return false;
  const awaits =
    value.type === "AwaitExpression" ||
    (value.type === "ForOfStatement" && value["await"] === true) ||
    (value.type === "VariableDeclaration" && value["kind"] === "await using");
  return awaits || Object.values(value).some(awaitsAtTopLevel);
}
