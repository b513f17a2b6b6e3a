import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "../run.ts";
import { exportsOf } from "../workspace.ts";
import type { Check } from "./check.ts";

/** What `deno doc --json` says of the modules that it is given. */
interface Documentation {
  readonly nodes: Readonly<Record<string, ModuleDocumentation>>;
}

interface ModuleDocumentation {
  readonly module_doc?: unknown;
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly { readonly jsDoc?: unknown }[];
  }[];
}

/**
 * Every public export has a docstring, and so has every entry point itself.
 *
 * Members of classes are left to typedoc (`bun run docs`), which knows that a member may inherit
 * the docstring of the interface that it implements.
 */
export const documentation: Check = {
  name: "documentation",
  problems: async ({ root, packages }) => {
    const modules = packages.flatMap(({ path, npm }) =>
      Object.values(exportsOf(npm)).map((module) => join(path, module)),
    );
    const { status, stdout, stderr } = await run("deno", ["doc", "--quiet", "--json", ...modules], {
      cwd: root,
    });
    if (status !== 0) return [`deno doc: ${stderr.trim()}`];
    const { nodes } = JSON.parse(stdout) as Documentation;
    return modules.flatMap((path) => {
      const where = relative(root, path);
      const module = nodes[pathToFileURL(path).href];
      if (module === undefined) return [`${where}: is unknown to deno doc`];
      return [
        ...(module.module_doc === undefined ? [`${where}: has no module docstring (@module)`] : []),
        ...module.symbols
          .filter(({ declarations }) => declarations.every(({ jsDoc }) => jsDoc === undefined))
          .map(({ name }) => `${where}: ${name} has no docstring`),
      ];
    });
  },
};
