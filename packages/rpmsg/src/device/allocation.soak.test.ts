import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { count } from "../../../../tools/counts.ts";
import { run } from "../../../../tools/run.ts";

const PROGRAM = fileURLToPath(new URL("../../fixtures/steady_state.ts", import.meta.url));
const LIMIT = { seconds: 300 };

/** What a run of the program on Node tells. */
interface SteadyState {
  readonly version: string;
  readonly collections: number;
}

async function steadyState(reading: "copyTo" | "bytes", messages: number): Promise<SteadyState> {
  const { status, stdout, stderr } = await run(
    "node",
    ["--expose-gc", PROGRAM, reading, String(messages)],
    {
      limit: LIMIT.seconds,
    },
  );
  if (status !== 0) throw new Error(`node ended with status ${status}: ${stderr}`);
  return JSON.parse(stdout) as SteadyState;
}

test(
  "messages that are read by copyTo cause no garbage collection on Node 24, read by bytes some",
  { timeout: 2 * LIMIT.seconds * 1000 },
  async () => {
    const messages = count("messages without a collection");
    const copied = await steadyState("copyTo", messages);
    expect(copied.version).toMatch(/^v24\./);
    expect(copied.collections).toBe(0);
    // The control: a view for each message is garbage, and the count sees it.
    expect((await steadyState("bytes", messages)).collections).toBeGreaterThan(0);
  },
);
