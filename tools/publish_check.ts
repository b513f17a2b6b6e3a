// `bun run publish:check`: would npm and JSR take the packages as they are built? publint and
// arethetypeswrong look at the tarballs, and Deno goes through all of publishing but the upload.

import process from "node:process";
import { run } from "./run.ts";
import type { RunResult } from "./run.ts";
import { withTarballs } from "./tarballs.ts";

await withTarballs(async (tarballs) => {
  const reports = tarballs.map(async ({ name, file }) => {
    report(`publint ${name}`, await run("publint", ["run", file, "--strict"]));
    report(`attw ${name}`, await run("attw", [file, "--profile", "esm-only"]));
  });
  await Promise.all(reports);
});
report("deno publish", await run("deno", ["publish", "--dry-run", "--allow-dirty", "--quiet"]));

function report(what: string, { status, stdout, stderr }: RunResult): void {
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${what}`);
  if (status === 0) return;
  console.log(stdout, stderr);
  process.exitCode = 1;
}
