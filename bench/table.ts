import type { Row } from "./row.ts";

interface Column {
  readonly head: string;
  readonly text: (row: Row) => string;
  /** Words stand at the left of a column, numbers at its right. */
  readonly words?: true;
}

const columns: readonly Column[] = [
  { head: "case", text: (row) => row.case, words: true },
  { head: "payload", text: (row) => String(row.payload ?? "") },
  { head: "batch", text: (row) => String(row.batch ?? "") },
  { head: "runtime", text: (row) => row.runtime, words: true },
  { head: "ns", text: (row) => row.nanoseconds.toFixed(1) },
  { head: "min", text: (row) => row.nanosecondsMin.toFixed(1) },
  { head: "against", text: (row) => row.against, words: true },
  { head: "ns", text: (row) => row.baseline.toFixed(1) },
  { head: "min", text: (row) => row.baselineMin.toFixed(1) },
  { head: "ratio", text: (row) => row.ratio.toFixed(2) },
  { head: "limit", text: (row) => row.limit?.toFixed(1) ?? "" },
  { head: "rounds", text: (row) => String(row.rounds) },
  { head: "cores", text: coresOf, words: true },
];

/**
 * The rows as an aligned table, and a line for each doorbell that was measured beside.
 *
 * @param rows The rows.
 */
export function table(rows: readonly Row[]): string {
  const lines = columns.map(({ head, text, words }) => {
    const cells = [head, ...rows.map(text)];
    const width = Math.max(...cells.map((cell) => cell.length));
    return cells.map((cell) => (words ? cell.padEnd(width) : cell.padStart(width)));
  });
  const height = rows.length + 1;
  const aligned = Array.from({ length: height }, (_, at) =>
    lines
      .map((cells) => cells[at])
      .join("  ")
      .trimEnd(),
  );
  return [...aligned, ...rows.flatMap(doorbellOf)].join("\n");
}

function coresOf({ placement, leftOut = 0 }: Row): string {
  if (placement === undefined) return "";
  return leftOut === 0 ? placement : `${placement}, ${leftOut} rounds left out`;
}

function doorbellOf({ runtime, doorbell }: Row): readonly string[] {
  if (doorbell === undefined) return [];
  const { nanoseconds, ratio, limit } = doorbell;
  return [
    `${runtime}: the bare doorbell took ${nanoseconds.toFixed(0)} ns there and back, ` +
      `a message ${ratio.toFixed(2)} times that (limit ${limit})`,
  ];
}
