import { expect, test } from "vitest";
import { suiteRows } from "./report.ts";

const earlier = `
| bun | 7 | 0 | 0 | 100 | abc | 2026-01-01 |
| node | 8 | 1 | 2 | 90 | abc | 2026-01-01 |
`;
const ran = { suite: "node", passed: 9, failed: 0, skipped: 0, seconds: 80.4 } as const;

test("a suite that ran has a new row, and one that did not keeps its own", () => {
  expect(suiteRows([ran], [], earlier, "def | 2026-02-02")).toEqual([
    "| bun | 7 | 0 | 0 | 100 | abc | 2026-01-01 |",
    "| node | 9 | 0 | 0 | 80 | def | 2026-02-02 |",
  ]);
});

test("a part of a suite has a row beside the whole's, until the whole runs", () => {
  const rows = suiteRows([ran], ["litmus"], earlier, "def | 2026-02-02");
  expect(rows.slice(1)).toEqual([
    "| node | 8 | 1 | 2 | 90 | abc | 2026-01-01 |",
    "| node litmus | 9 | 0 | 0 | 80 | def | 2026-02-02 |",
  ]);
  const again = { ...ran, passed: 10 };
  expect(suiteRows([again], ["litmus"], rows.join("\n"), "ghi | 2026-03-03").slice(2)).toEqual([
    "| node litmus | 10 | 0 | 0 | 80 | ghi | 2026-03-03 |",
  ]);
  expect(suiteRows([again], [], rows.join("\n"), "ghi | 2026-03-03").slice(1)).toEqual([
    "| node | 10 | 0 | 0 | 80 | ghi | 2026-03-03 |",
  ]);
});
