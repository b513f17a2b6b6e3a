/** A column of a table. */
export interface Column {
  /** Its heading. */
  readonly title: string;
  /** Where its cells stand. Default `left`; numbers stand right. */
  readonly align?: "left" | "right";
}

/** What stands between two columns. */
const GAP = "  ";

/**
 * Lays out a table: a heading, then a line a row, each column as wide as its widest cell.
 *
 * @param columns The columns.
 * @param rows Their cells, as many a row as there are columns; without control characters.
 * @returns The lines, without space at their ends.
 *
 * @example
 * ```ts
 * import { table } from "@openamp/cli";
 *
 * const lines = table([{ title: "ring" }, { title: "entries", align: "right" }], [["0", "256"]]);
 * if (lines.join("|") !== "ring  entries|0         256") throw new Error(lines.join("|"));
 * ```
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((cells) => cells[index]?.length ?? 0)),
  );
  return lines.map((cells) =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? "";
        const width = widths[index] ?? 0;
        return align === "right" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(GAP)
      .trimEnd(),
  );
}
