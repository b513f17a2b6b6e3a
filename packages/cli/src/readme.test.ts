import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commands } from "./commands.ts";
import { EXIT_STATUS_ROWS } from "./exit_status.ts";
import { version } from "./version.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** A row of a table of Markdown, whatever the widths of its columns. */
function row(...cells: readonly string[]): RegExp {
  const escaped = cells.map((cell) => cell.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^\\| ${escaped.join(" +\\| ")} +\\|$`, "m");
}

test.each(EXIT_STATUS_ROWS)("the README has the exit status $status", ({ status, meaning }) => {
  expect(readme).toMatch(row(status, meaning));
});

test.each(commands.flatMap(({ name, options }) => Object.keys(options).map((key) => [name, key])))(
  "the README names the option of openamp %s: --%s",
  (_name, option) => {
    expect(readme).toContain(`--${option}`);
  },
);

test("the version is that of the package", () => {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  expect(manifest).toMatchObject({ version });
});
