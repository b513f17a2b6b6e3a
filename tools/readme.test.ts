import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { run } from "./run.ts";
import { repository } from "./workspace.ts";

const readme = readFileSync(join(repository, "README.md"), "utf8");

test("the program of the README prints what the README says", async () => {
  const [, program, output] =
    /^```ts\n(.*?)^```\n\nIt prints:\n\n^```\n(.*?)^```/ms.exec(readme) ?? [];
  if (program === undefined) throw new Error("README.md has no program with its output");
  // Inside of the repository, where the packages have their names.
  const folder = join(repository, ".cache", `readme-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const file = join(folder, "program.ts");
    writeFileSync(file, program);
    const { status, stdout, stderr } = await run("bun", [file], { limit: 30 });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: output, stderr: "" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
