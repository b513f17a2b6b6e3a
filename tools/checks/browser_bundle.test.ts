import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { repository } from "../workspace.ts";
import { browserBundle } from "./browser_bundle.ts";
import { fixture } from "./fixture.ts";

test("accepts entry points that bundle", async () => {
  expect(await browserBundle.problems(fixture())).toEqual([]);
});

test("refuses an entry point that imports what a browser has not", async () => {
  const workspace = fixture({
    "packages/libmetal/src/word.ts": 'export { ptr as word } from "bun:ffi";',
  });
  expect(await browserBundle.problems(workspace)).toEqual([
    expect.stringContaining("packages/libmetal/src/mod.ts: does not bundle"),
  ]);
});

test("a bundle that lays words over memory refuses a big-endian host, and one that does not is free of it", async () => {
  const bundled = await Promise.all(
    ["bufferMemory", "createLogger"].map(async (name) => {
      const root = mkdtempSync(join(repository, "packages/libmetal/.bundle-"));
      onTestFinished(() => rmSync(root, { recursive: true }));
      const entry = join(root, "entry.ts");
      writeFileSync(entry, `import { ${name} } from "@openamp/libmetal";\nconsole.log(${name});\n`);
      const { outputs } = await Bun.build({
        entrypoints: [entry],
        target: "browser",
        minify: true,
      });
      return (await Promise.all(outputs.map((output) => output.text()))).join("");
    }),
  );
  expect(bundled.map((text) => text.includes("this host is big-endian"))).toEqual([true, false]);
});
