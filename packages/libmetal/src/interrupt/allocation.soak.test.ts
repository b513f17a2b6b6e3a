import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { count } from "../../../../tools/counts.ts";
import { run } from "../../../../tools/run.ts";

const PROGRAM = fileURLToPath(new URL("../../fixtures/interrupt_steady_state.ts", import.meta.url));
const LIMIT = { seconds: 300 };

/** What a run of the program on Node tells. */
interface SteadyState {
  readonly version: string;
  readonly collections: number;
}

async function steadyState(handlers: "quiet" | "garbage", events: number): Promise<SteadyState> {
  const command = ["--expose-gc", PROGRAM, handlers, String(events)];
  const { status, stdout, stderr } = await run("node", command, { limit: LIMIT.seconds });
  if (status !== 0) throw new Error(`node ended with status ${status}: ${stderr}`);
  return JSON.parse(stdout) as SteadyState;
}

test(
  "interrupts of every kind, and addresses of an IOMMU, cause no garbage collection on Node 24",
  { timeout: 2 * LIMIT.seconds * 1000 },
  async () => {
    const events = count("interrupts without a collection");
    const quiet = await steadyState("quiet", events);
    expect(quiet.version).toMatch(/^v24\./);
    expect(quiet.collections).toBe(0);
    // The control: handlers that allocate, which the count sees.
    expect((await steadyState("garbage", events)).collections).toBeGreaterThan(0);
  },
);
