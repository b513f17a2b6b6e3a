import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { repository } from "./workspace.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openamp-stage-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const manifest = {
    name: "@openamp/example",
    version: "0.1.0",
    exports: { ".": "./src/mod.ts" },
    bin: { example: "./src/main.ts" },
    files: ["src", "images"],
    scripts: { build: "tsc" },
    publishConfig: { access: "public", directory: "dist" },
  };
  const files = {
    "package.json": JSON.stringify(manifest),
    "src/mod.ts": "",
    "src/main.ts": "",
    "src/worker.js.txt": "an asset",
    "images/echo.elf": "\x7fELF",
    "dist/src/mod.js": "",
    "dist/src/mod.d.ts": "",
    "dist/src/gone.js": "",
    "dist/src/gone.d.ts": "",
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  execFileSync("bun", [join(repository, "tools/stage.ts")], { cwd: folder });
});

test("names the compiled modules and their declarations", () => {
  expect(JSON.parse(readFileSync(join(folder, "dist/package.json"), "utf8"))).toEqual({
    name: "@openamp/example",
    version: "0.1.0",
    exports: { ".": { types: "./src/mod.d.ts", default: "./src/mod.js" } },
    bin: { example: "./src/main.js" },
    files: ["src", "images"],
    publishConfig: { access: "public" },
  });
});

test.each(["images/echo.elf", "src/worker.js.txt", "src/mod.js", "src/mod.d.ts", "LICENSE"])(
  "has %s",
  (file) => expect(existsSync(join(folder, "dist", file))).toBe(true),
);

test.each(["src/mod.ts", "src/gone.js", "src/gone.d.ts"])("has no %s", (file) =>
  expect(existsSync(join(folder, "dist", file))).toBe(false),
);
