import { join } from "node:path";
import { run } from "../run.ts";
import { exportsOf } from "../workspace.ts";
import type { Check } from "./check.ts";

/** Every public export has a docstring, and so has every entry point itself. */
export const documentation: Check = {
  name: "documentation",
  problems: async ({ root, packages }) => {
    const modules = packages.flatMap(({ path, npm }) =>
      Object.values(exportsOf(npm)).map((module) => join(path, module)),
    );
    const lint = await run("deno", ["doc", "--quiet", "--lint", ...modules], { cwd: root });
    const undocumented = await Promise.all(
      modules.map(async (module) => {
        const { stdout } = await run("deno", ["doc", "--quiet", "--json", module], { cwd: root });
        return /"module_?[dD]oc"/.test(stdout) ? [] : [module];
      }),
    );
    return [
      ...problemsIn(lint.stderr).map((problem) => problem.replace(`${root}/`, "")),
      ...undocumented
        .flat()
        .map((module) => `${module.replace(`${root}/`, "")}: has no module docstring (@module)`),
    ];
  },
};

/** Turns each `error[code]: message`, with the place on the line below it, into one line. */
function problemsIn(output: string): readonly string[] {
  return [...output.matchAll(/^error\[[^\]]+\]: (.*)\n\s*--> (\S+)/gm)].map(
    ([, message, place]) => `${place}: ${message}`,
  );
}
