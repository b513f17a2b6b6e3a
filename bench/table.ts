import type { Row } from "./row.ts";

const heads = ["case", "payload", "batch", "runtime", "ns", "min", "C ns", "min", "ratio", "cores"];

/** Columns of text; the others are numbers. */
const texts = new Set(["case", "runtime", "cores"]);

/**
 * The rows as an aligned table.
 *
 * @param rows The rows.
 * @returns Its lines.
 */
export function table(rows: readonly Row[]): string {
  const lines = [heads, ...rows.map(cells)];
  const widths = heads.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          texts.has(heads[column] ?? "")
            ? cell.padEnd(widths[column] ?? 0)
            : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cells(row: Row): readonly string[] {
  return [
    row.case,
    String(row.payload),
    String(row.batch),
    row.runtime,
    row.nanoseconds.toFixed(1),
    row.nanosecondsMin.toFixed(1),
    row.baseline.toFixed(1),
    row.baselineMin.toFixed(1),
    row.ratio.toFixed(2),
    row.placement === undefined
      ? ""
      : `${row.placement} ${row.rounds} of ${row.rounds + (row.leftOut ?? 0)}`,
  ];
}
