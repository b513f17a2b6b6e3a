import { expect, test } from "vitest";
import { table } from "./table.ts";

test("columns line up, numbers to the right, and no line ends in space", () => {
  const columns = [
    { title: "payload" },
    { title: "sent", align: "right" },
    { title: "note" },
  ] as const;
  expect(
    table(columns, [
      ["32 bytes", "100", ""],
      ["496 bytes", "10", "largest"],
      ["all", "110"],
    ]),
  ).toEqual([
    "payload    sent  note",
    "32 bytes    100",
    "496 bytes    10  largest",
    "all         110",
  ]);
});

test("a table without rows is its heading", () => {
  expect(table([{ title: "ring" }], [])).toEqual(["ring"]);
});
