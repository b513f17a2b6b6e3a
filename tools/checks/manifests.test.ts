import { expect, test } from "vitest";
import { fixture, manifest } from "./fixture.ts";
import { manifests } from "./manifests.ts";

const dependencies = { "@openamp/libmetal": "^0.1.0" };

test("accepts equal manifests", () => {
  expect(manifests.problems(fixture())).toEqual([]);
});

test.each([
  ["version", { version: "0.2.0" }, "version differs"],
  ["licence", { license: "MIT" }, "license differs"],
  ["exports", { exports: { ".": "./src/mod.ts", "./ring": "./src/mod.ts" } }, "exports differs"],
  ["range", { imports: { "@openamp/libmetal": "jsr:@openamp/libmetal@^1.0.0" } }, "range of"],
  ["import", { imports: { citty: "npm:citty@^0.2.2" } }, "does not depend on it"],
])("refuses a deno.json with another %s", (_, change, problem) => {
  const workspace = fixture({ "packages/virtio/deno.json": manifest("virtio", change) });
  expect(manifests.problems(workspace)).toEqual([expect.stringContaining(problem)]);
});

test("refuses an entry point that does not exist", () => {
  const change = { exports: { ".": "./src/mod.ts", "./wire": "./src/wire.ts" } };
  const workspace = fixture({
    "packages/libmetal/package.json": manifest("libmetal", change),
    "packages/libmetal/deno.json": manifest("libmetal", change),
  });
  expect(manifests.problems(workspace)).toEqual([
    "packages/libmetal: ./src/wire.ts does not exist",
  ]);
});

test.each(["workspace:^", "^0.2.0", "*"])("refuses the internal range %s", (range) => {
  const change = { dependencies: { "@openamp/libmetal": range } };
  const workspace = fixture({ "packages/virtio/package.json": manifest("virtio", change) });
  expect(manifests.problems(workspace)).toEqual([
    `packages/virtio: depends on @openamp/libmetal ${range}, which is at 0.1.0`,
  ]);
});

test("refuses a package that Deno's workspace and the compiler do not know", () => {
  const workspace = fixture({ "deno.json": "{}", "tsconfig.json": "{}" });
  expect(manifests.problems(workspace)).toHaveLength(4);
});

test("refuses a dependency that the compiler's project does not reference", () => {
  const workspace = fixture({
    "packages/virtio/package.json": manifest("virtio", { dependencies }),
    "packages/virtio/tsconfig.json": "{}",
  });
  expect(manifests.problems(workspace)).toEqual([
    "packages/virtio/tsconfig.json: lacks ../libmetal",
  ]);
});

test("refuses a lock file that names a registry", () => {
  const workspace = fixture({ "bun.lock": '["a", "https://registry.example/a.tgz"]' });
  expect(manifests.problems(workspace)).toEqual(["bun.lock: names https://registry.example"]);
});
