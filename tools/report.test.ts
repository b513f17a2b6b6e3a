import { expect, test } from "vitest";
import { suiteRows } from "./report.ts";

const earlier = `
| bun | 7 | 0 | 0 | 100 | abc | 2026-01-01 |
| node | 8 | 1 | 2 | 90 | abc | 2026-01-01 |
`;

test("a suite that ran has a new row, and one that did not keeps its own", () => {
  const ran = { suite: "node", passed: 9, failed: 0, skipped: 0, seconds: 80.4 } as const;
  expect(suiteRows([ran], earlier, "def | 2026-02-02")).toEqual([
    "| bun | 7 | 0 | 0 | 100 | abc | 2026-01-01 |",
    "| node | 9 | 0 | 0 | 80 | def | 2026-02-02 |",
  ]);
});
