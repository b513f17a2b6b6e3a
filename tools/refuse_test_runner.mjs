// `bun test` and `deno test` load this module (bunfig.toml, deno.json): the suite is written for
// vitest, and a runner that finds no test of its own in it would call that a success.

import { writeSync } from "node:fs";
import process from "node:process";

const command = process.versions.deno ? "deno task test" : "npm test";
const line = `These tests run under vitest, on Bun, Deno and Node: type ${command}`;

if (process.versions.deno) {
  // Deno's runner turns an exit into a page of its own, but not this; it passes on what was printed
  // before it only if it is given a moment to.
  console.error(line);
  setTimeout(() => process.abort(), 100);
  await new Promise(() => {});
}
writeSync(2, `${line}\n`);
process.exit(1);
