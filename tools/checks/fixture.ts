import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { readWorkspace } from "../workspace.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Makes a workspace of two good packages, libmetal and virtio, in a temporary folder.
 *
 * `files` adds to it or overwrites: a path below the root and the text of the file.
 */
export function fixture(files: Readonly<Record<string, string>> = {}): Workspace {
  const root = mkdtempSync(join(tmpdir(), "openamp-check-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries({ ...good, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return readWorkspace(root);
}

/** The text of a package.json or deno.json of the fixture, changed by `change`. */
export function manifest(folder: "libmetal" | "virtio", change: Readonly<object> = {}): string {
  return JSON.stringify({
    name: `@openamp/${folder}`,
    version: "0.1.0",
    license: "BSD-3-Clause",
    exports: { ".": "./src/mod.ts" },
    ...change,
  });
}

const good: Readonly<Record<string, string>> = {
  "bun.lock": "{}",
  "deno.json": JSON.stringify({ workspace: ["./packages/libmetal", "./packages/virtio"] }),
  "tsconfig.json": JSON.stringify({
    references: [{ path: "packages/libmetal" }, { path: "packages/virtio" }],
  }),
  "docs/threats.md": "| # | attack | status |\n| T01 | a loop | covered |\n",
  "packages/libmetal/package.json": manifest("libmetal"),
  "packages/libmetal/deno.json": manifest("libmetal"),
  "packages/libmetal/tsconfig.json": "{}",
  "packages/libmetal/src/mod.ts":
    '/**\n * Words.\n *\n * @module\n */\n\nexport { word } from "./word.ts";\n',
  "packages/libmetal/src/word.ts": "/** A word. */\nexport const word: number = 1;\n",
  "packages/virtio/package.json": manifest("virtio", {
    dependencies: { "@openamp/libmetal": "^0.1.0" },
  }),
  "packages/virtio/deno.json": manifest("virtio"),
  "packages/virtio/tsconfig.json": JSON.stringify({ references: [{ path: "../libmetal" }] }),
  "packages/virtio/src/mod.ts":
    '/**\n * Rings.\n *\n * @module\n */\n\n/** A ring. */\nexport type Ring = typeof import("@openamp/libmetal");\n',
  "packages/virtio/src/ring.test.ts": 'test("a loop ends (T01)", () => count("loops"));\n',
};
