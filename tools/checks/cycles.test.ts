import { expect, test } from "vitest";
import { cycles } from "./cycles.ts";
import { fixture, manifest } from "./fixture.ts";

test("accepts packages and modules without a circle", () => {
  expect(cycles.problems(fixture())).toEqual([]);
});

test("refuses packages that depend on each other", () => {
  const workspace = fixture({
    "packages/libmetal/package.json": manifest("libmetal", {
      dependencies: { "@openamp/virtio": "^0.1.0" },
    }),
  });
  expect(cycles.problems(workspace)).toEqual([
    "circle: @openamp/libmetal → @openamp/virtio → @openamp/libmetal",
  ]);
});

test("refuses modules that import each other by way of a third, types included", () => {
  const workspace = fixture({
    "packages/libmetal/src/a/one.ts":
      'import { two } from "../b/two.ts"; export type One = typeof two;',
    "packages/libmetal/src/b/two.ts": 'export { three as two } from "./three.ts";',
    "packages/libmetal/src/b/three.ts":
      'import type { One } from "../a/one.ts"; export const three = 3;',
  });
  expect(cycles.problems(workspace)).toEqual([
    "packages/libmetal: circle: src/a/one.ts → src/b/two.ts → src/b/three.ts → src/a/one.ts",
  ]);
});

test("refuses folders that import each other, of which no two modules do", () => {
  const workspace = fixture({
    "packages/libmetal/src/a/one.ts": 'export { two } from "../b/two.ts";',
    "packages/libmetal/src/b/two.ts": "export const two = 2;",
    "packages/libmetal/src/b/three.ts": 'export { four } from "../a/four.ts";',
    "packages/libmetal/src/a/four.ts": 'export { five } from "../five.ts";',
    "packages/libmetal/src/a/one.test.ts": 'import "../b/three.ts";',
    "packages/libmetal/src/five.ts": 'export { one } from "./c/one.ts";',
    "packages/libmetal/src/c/one.ts": 'export const one = "../a/one.ts";',
  });
  expect(cycles.problems(workspace)).toEqual(["packages/libmetal: circle: src/a → src/b → src/a"]);
});
