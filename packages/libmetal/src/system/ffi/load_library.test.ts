import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { executable } from "../../../fixtures/runtimes.ts";

const MODULE = new URL("../mod.ts", import.meta.url).href;

/** Makes shared memory in another runtime, and prints what goes wrong. */
const PROGRAM = `
  const { createSharedMemory } = await import(${JSON.stringify(MODULE)});
  const failure = await createSharedMemory({ size: 4, physicalAddress: 0 }).catch((error) => error);
  console.log(failure.code + ": " + failure.message);
`;

const WITHOUT_KOFFI = `
  import { registerHooks } from "node:module";
  registerHooks({
    resolve(specifier, context, next) {
      return next(specifier === "koffi" ? "no-such-package" : specifier, context);
    },
  });
`;

test.each([
  [
    "Deno",
    "deno",
    ["run", "--quiet", "--no-check", "--no-prompt", "-"],
    PROGRAM,
    "UNSUPPORTED: Deno calls the C library only with --allow-ffi",
  ],
  [
    "Node",
    "node",
    ["--input-type=module", "-"],
    `${WITHOUT_KOFFI} ${PROGRAM}`,
    'UNSUPPORTED: Node shares memory through the package "koffi", which is not installed: ' +
      "npm install koffi",
  ],
] as const)("%s says in one sentence what is missing", (_, runtime, flags, input, sentence) => {
  const run = spawnSync(executable(runtime), flags, { input, encoding: "utf8", timeout: 30_000 });
  expect([run.stdout.trim(), run.stderr]).toEqual([sentence, ""]);
});
