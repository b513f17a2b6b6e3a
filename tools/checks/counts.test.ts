import { expect, test } from "vitest";
import { countProblems } from "./counts.ts";
import { fixture } from "./fixture.ts";

const meets = "a promise";

test("accepts a row that a test uses", () => {
  expect(countProblems(fixture(), { loops: { short: 1, long: 2, meets } })).toEqual([]);
});

test.each([
  { short: 0, long: 2, meets },
  { short: 3, long: 2, meets },
])("refuses the row %o", (row) => {
  expect(countProblems(fixture(), { loops: row })).toHaveLength(1);
});

test("refuses a row that no test uses", () => {
  expect(countProblems(fixture(), { boots: { short: 1, long: 2, meets } })).toEqual([
    'tools/counts.ts: "boots" is used by no test',
  ]);
});
