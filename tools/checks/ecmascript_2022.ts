import { join } from "node:path";
import { systemFolder } from "../workspace.ts";
import type { Check } from "./check.ts";
import { isNode, parse, walk } from "./syntax_tree.ts";
import type { Node } from "./syntax_tree.ts";

/** The packages whose remote side runs in small engines that know ECMAScript 2022. */
const portable: readonly string[] = ["libmetal", "virtio", "rpmsg"];

/** The published source of libmetal, virtio and rpmsg uses no syntax younger than ECMAScript 2022. */
export const ecmascript2022: Check = {
  name: "ecmascript-2022",
  problems: ({ packages }) =>
    packages
      .filter(({ folder }) => portable.includes(folder))
      .flatMap(({ folder, path, sources }) =>
        sources
          .filter((source) => !`${folder}/${source}`.startsWith(systemFolder))
          .flatMap((source) => {
            const found = new Set<string>();
            walk(parse(join(path, source)), (node) => {
              const syntax = youngerSyntax(node);
              if (syntax !== undefined) found.add(syntax);
            });
            return [...found].map((syntax) => `packages/${folder}/${source}: uses ${syntax}`);
          }),
      ),
};

/** All syntax that ECMAScript gained from 2023 on, and the proposals that the parser accepts. */
function youngerSyntax(node: Node): string | undefined {
  const { type, kind, regex, attributes, phase, decorators } = node;
  if (type === "Program" && isNode(node["hashbang"])) return "a hashbang (ES2023)";
  if (isPattern(regex)) {
    if (regex.flags.includes("v")) return "the regular expression flag v (ES2024)";
    if (/\(\?[ims]*-?[ims]*:/.test(regex.pattern.replace("(?:", ""))) {
      return "regular expression modifiers (ES2025)";
    }
  }
  if (Array.isArray(attributes) && attributes.length > 0) return "import attributes (ES2025)";
  if (kind === "using" || kind === "await using") return `${kind} (ES2026)`;
  if (typeof phase === "string") return `import ${phase} (a proposal)`;
  if (Array.isArray(decorators) && decorators.length > 0) return "decorators (a proposal)";
  if (type === "AccessorProperty") return "accessor fields (a proposal)";
  return undefined;
}

function isPattern(value: unknown): value is { readonly pattern: string; readonly flags: string } {
  return typeof value === "object" && value !== null && "pattern" in value && "flags" in value;
}
