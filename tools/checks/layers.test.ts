import { expect, test } from "vitest";
import { fixture, manifest } from "./fixture.ts";
import { layers } from "./layers.ts";

test("accepts imports along the arrows", () => {
  expect(layers.problems(fixture())).toEqual([]);
});

test("refuses a dependency against the arrows, and the import that goes with it", () => {
  const workspace = fixture({
    "packages/libmetal/package.json": manifest("libmetal", {
      dependencies: { "@openamp/virtio": "^0.1.0" },
    }),
  });
  expect(layers.problems(workspace)).toEqual([
    "packages/libmetal/package.json: depends on @openamp/virtio, against the arrows",
  ]);
});

test.each([
  ['import "@openamp/virtio";', "imports @openamp/virtio, which its package.json does not"],
  ['import type { A } from "citty";', "imports citty, which its package.json does not depend on"],
  ['export * from "../../virtio/src/mod.ts";', "outside its package"],
  ['export const late = () => import("@openamp/virtio");', "does not depend on"],
  ['export type A = import("@openamp/virtio").A;', "does not depend on"],
])("refuses in libmetal: %s", (text, problem) => {
  const workspace = fixture({ "packages/libmetal/src/word.ts": text });
  expect(layers.problems(workspace)).toEqual([expect.stringContaining(problem)]);
});

test("refuses a dependency of the core that is no package of ours", () => {
  const dependencies = { dependencies: { citty: "^0.2.2" } };
  const workspace = fixture({
    "packages/libmetal/package.json": manifest("libmetal", dependencies),
  });
  expect(layers.problems(workspace)).toEqual([expect.stringContaining("has no dependency")]);
});

test("accepts an optional peer dependency of the core", () => {
  const peer = { peerDependencies: { koffi: "^3.3.4" } };
  const workspace = fixture({ "packages/libmetal/package.json": manifest("libmetal", peer) });
  expect(layers.problems(workspace)).toEqual([]);
});

test("refuses an import of what is no entry point", () => {
  const workspace = fixture({
    "packages/virtio/src/mod.ts": 'export * from "@openamp/libmetal/src/word.ts";',
  });
  expect(layers.problems(workspace)).toEqual([expect.stringContaining("is no entry point")]);
});

test("refuses a test that reaches into another package, but not one that uses tools", () => {
  const workspace = fixture({
    "packages/virtio/src/ring.test.ts":
      'import "../../../tools/counts.ts"; import "../../libmetal/src/word.ts";',
  });
  expect(layers.problems(workspace)).toEqual([
    "packages/virtio/src/ring.test.ts: imports ../../libmetal/src/word.ts, outside its package",
  ]);
});

test("refuses a package that has no arrows", () => {
  const workspace = fixture({
    "packages/radio/package.json": '{ "name": "@openamp/radio", "version": "0.1.0" }',
  });
  expect(layers.problems(workspace)).toEqual([
    expect.stringContaining("packages/radio: has no row"),
  ]);
});
