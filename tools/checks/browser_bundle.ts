import { join } from "node:path";
import { core, exportsOf } from "../workspace.ts";
import type { Package } from "../workspace.ts";
import type { Check } from "./check.ts";

/** Each entry point of the core, `libmetal/system` apart, bundles for a browser. */
export const browserBundle: Check = {
  name: "browser-bundle",
  problems: async ({ packages }) => {
    const problems: string[] = [];
    for (const { folder, npm, path } of packages.filter((entry) => core.includes(entry.folder))) {
      for (const [subPath, module] of Object.entries(exportsOf(npm))) {
        if (folder === "libmetal" && subPath === "./system") continue;
        problems.push(...(await bundleProblems({ folder, path }, module)));
      }
    }
    return problems;
  },
};

async function bundleProblems(
  { folder, path }: Pick<Package, "folder" | "path">,
  module: string,
): Promise<readonly string[]> {
  const where = `packages/${folder}/${module.replace("./", "")}`;
  const { success, logs } = await Bun.build({
    entrypoints: [join(path, module)],
    target: "browser",
    throw: false,
  });
  return success ? [] : logs.map(({ message }) => `${where}: does not bundle: ${message}`);
}
