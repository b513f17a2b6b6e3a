import { expect, test } from "vitest";
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
