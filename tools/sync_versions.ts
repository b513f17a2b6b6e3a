// `bun run version`: changesets raises the versions in package.json; JSR reads those in deno.json, and
// a package that tells its own has it in src/version.ts.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readWorkspace } from "./workspace.ts";

for (const { npm, path } of readWorkspace().packages) {
  replace(join(path, "deno.json"), /"version": "[^"]*"/, `"version": "${npm.version}"`);
  replace(join(path, "src/version.ts"), /version = "[^"]*"/, `version = "${npm.version}"`);
}

function replace(file: string, pattern: RegExp, text: string): void {
  if (existsSync(file)) writeFileSync(file, readFileSync(file, "utf8").replace(pattern, text));
}
