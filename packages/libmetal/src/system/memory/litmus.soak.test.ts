import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSharedMemory } from "@openamp/libmetal/system";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { count } from "../../../../../tools/counts.ts";
import {
  LITMUS,
  type LitmusResult,
  type LitmusTask,
  type LitmusTest,
} from "../../../fixtures/litmus/litmus_layout.ts";
import { ended, runtimes, startProgram } from "../../../fixtures/runtime_program.ts";

const FOLDER = new URL("../../../fixtures/litmus/", import.meta.url);
const LIMIT_MS = 600_000;

/** A runtime, or the C program. */
type Side = (typeof runtimes)[number] | "C";

const PAIRS: readonly (readonly [Side, Side])[] = [
  ["bun", "bun"],
  ["bun", "deno"],
  ["bun", "node"],
  ["deno", "deno"],
  ["node", "deno"],
  ["node", "node"],
  ["C", "bun"],
  ["deno", "C"],
  ["C", "node"],
];

let directory: string;
let cProgram: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "libmetal-"));
  cProgram = join(directory, "litmus_side");
  const numbers = {
    SLOTS: LITMUS.slots,
    STEP: LITMUS.step,
    ENDED: LITMUS.ended,
    SLOT: LITMUS.slot,
    SLOT_SIZE: LITMUS.slotSize,
    SECOND: LITMUS.second,
    RESULTS: LITMUS.results,
    SIZE: LITMUS.size,
  };
  const defines = Object.entries(numbers).map(([name, value]) => `-D${name}=${value}UL`);
  const source = fileURLToPath(new URL("litmus_side.c", FOLDER));
  execFileSync("gcc", ["-std=c11", "-O2", "-Wall", "-Werror", ...defines, source, "-o", cProgram]);
});
afterAll(() => rmSync(directory, { recursive: true }));

function start(side: Side, task: LitmusTask): ChildProcess {
  if (side === "C") {
    return spawn(cProgram, [task.test, String(task.side), String(task.batches), task.path]);
  }
  const module = new URL("litmus_side.ts", FOLDER).href;
  return startProgram(
    `const { litmusSide } = await import(${JSON.stringify(module)});
     console.log(JSON.stringify(await litmusSide(${JSON.stringify(task)})));`,
    { runtime: side },
  );
}

/** Runs both sides in processes of their own. */
async function run(
  sides: readonly [Side, Side],
  name: LitmusTest,
  rounds: number,
): Promise<readonly LitmusResult[]> {
  using shared = await createSharedMemory({ size: LITMUS.size });
  const batches = Math.ceil(rounds / LITMUS.slots);
  const task = { test: name, batches, path: shared.path };
  const children = [start(sides[0], { ...task, side: 0 }), start(sides[1], { ...task, side: 1 })];
  const outcomes = await Promise.all(children.map((child) => ended(child, LIMIT_MS)));
  expect(outcomes.map(({ status, complaint }) => [status, complaint])).toEqual([
    [0, ""],
    [0, ""],
  ]);
  return outcomes.map(({ output }): LitmusResult => JSON.parse(output));
}

describe.each(PAIRS)("%s and %s", (...sides) => {
  test("message passing: who sees the flag sees the data", { timeout: LIMIT_MS }, async () => {
    const rounds = count("litmus rounds");
    for (const result of await run(sides, "message passing", rounds)) {
      expect(result.violations).toBe(0);
      expect(result.rounds).toBeGreaterThanOrEqual(rounds);
    }
  });

  test("store buffering: not both read the old value", { timeout: LIMIT_MS }, async () => {
    const rounds = count("litmus rounds");
    for (const result of await run(sides, "store buffering", rounds)) {
      expect(result.violations).toBe(0);
      expect(result.rounds).toBeGreaterThanOrEqual(rounds);
    }
  });
});

test.each(runtimes)(
  "%s: with plain accesses both do read the old value: the test can fail",
  { timeout: LIMIT_MS },
  async (runtime) => {
    // Until it is seen; so many rounds without it would mean that the two never ran at once.
    const results = await run([runtime, runtime], "plain store buffering", 200_000_000);
    expect(results.map(({ violations }) => violations > 0)).toEqual([true, true]);
  },
);
