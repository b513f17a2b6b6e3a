// The last step of a package's build, run in its folder: makes dist/ the package that npm gets.
//
// dist/ has the tree of the package itself, with each module compiled, so that an asset's URL
// relative to its module is the same in both. tsc has put the modules there already; this removes
// what is left of modules that are gone, copies the rest of what package.json's "files" names, and
// rewrites package.json to name the compiled modules.

import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./workspace.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

const module = /\.ts$/;
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as JsonObject;
const files = manifest["files"] as readonly string[];

for (const output of globSync("src/**/*.{js,js.map,d.ts}", { cwd: "dist" })) {
  const source = output.replace(/\.(js|js\.map|d\.ts)$/, ".ts");
  if (!existsSync(source)) rmSync(join("dist", output));
}
for (const folder of files) {
  cpSync(folder, join("dist", folder), {
    recursive: true,
    filter: (file) => !module.test(file),
  });
}
for (const file of ["README.md", "CHANGELOG.md"]) {
  if (existsSync(file)) cpSync(file, join("dist", file));
}
cpSync(join(repository, "LICENSE"), "dist/LICENSE");
writeFileSync("dist/package.json", `${JSON.stringify(staged(manifest), null, 2)}\n`);

function staged({ scripts: _scripts, devDependencies: _tools, ...rest }: JsonObject): JsonObject {
  const { exports = {}, bin } = rest;
  return {
    ...rest,
    exports: mapStrings(exports, (file) =>
      module.test(file)
        ? { types: file.replace(module, ".d.ts"), default: file.replace(module, ".js") }
        : file,
    ),
    ...(bin === undefined ? {} : { bin: mapStrings(bin, (file) => file.replace(module, ".js")) }),
    publishConfig: { access: "public" },
  };
}

function mapStrings(value: Json, change: (text: string) => Json): Json {
  if (typeof value === "string") return change(value);
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, mapStrings(inner, change)]),
  );
}
