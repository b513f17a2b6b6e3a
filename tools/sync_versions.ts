// `bun run version`: changesets raises the versions in package.json; JSR reads those in deno.json.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readWorkspace } from "./workspace.ts";

for (const { npm, path } of readWorkspace().packages) {
  const file = join(path, "deno.json");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/"version": "[^"]*"/, `"version": "${npm.version}"`));
}
