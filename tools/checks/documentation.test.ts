import { expect, test } from "vitest";
import { documentation } from "./documentation.ts";
import { fixture } from "./fixture.ts";

test("accepts documented exports and entry points", async () => {
  expect(await documentation.problems(fixture())).toEqual([]);
});

test("refuses an export without a docstring, through re-exports", async () => {
  const workspace = fixture({ "packages/libmetal/src/word.ts": "export const word: number = 1;" });
  expect(await documentation.problems(workspace)).toEqual([
    "packages/libmetal/src/mod.ts: word has no docstring",
  ]);
});

test("refuses an entry point without a docstring of its own", async () => {
  const workspace = fixture({
    "packages/libmetal/src/mod.ts": 'export { word } from "./word.ts";',
  });
  expect(await documentation.problems(workspace)).toEqual([
    "packages/libmetal/src/mod.ts: has no module docstring (@module)",
  ]);
});
