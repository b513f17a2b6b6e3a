import { LOCK_CONSTANTS, LOCK_LAYOUTS } from "@openamp/libmetal";
import { createSharedMemory } from "@openamp/libmetal/system";
import { afterAll, describe, expect, test } from "vitest";
import { buildCProgram } from "../../../fixtures/c_program.ts";
import {
  type ActionName,
  COUNTER,
  INSIDE,
  ITEMS,
  VIOLATIONS,
} from "../../../fixtures/lock_actions.ts";
import {
  type OtherProcess,
  type RuntimeName,
  RUNTIMES,
  startModule,
  startProgram,
} from "../../../fixtures/other_process.ts";
import { EMULATED } from "../../../fixtures/runtimes.ts";
import { thisRuntime } from "../../../fixtures/this_runtime.ts";

const peer = buildCProgram("./c/lock_peer.c");
afterAll(() => peer[Symbol.dispose]());

/** How often each does what it does: an emulated one takes fifty times as long. */
const ROUNDS = EMULATED ? 50 : 500;

type Language = RuntimeName | "c";

/** Lets processes do things together, one after the other. Gives the words that they shared. */
async function together(
  crew: readonly (readonly [language: Language, actions: readonly ActionName[]])[],
  rounds: number,
): Promise<Int32Array> {
  using shared = await createSharedMemory({ size: 4096, physicalAddress: 0 });
  await using stack = new AsyncDisposableStack();
  const processes = crew.map(([language, actions]): OtherProcess => {
    const values = [shared.path, rounds, crew.length];
    return stack.use(
      language === "c"
        ? startProgram(peer.path, ["mutex", ...values])
        : startModule(language, "./lock_program.ts", [...values, actions.join()]),
    );
  });
  const ends = await Promise.all(processes.map(async (each) => each.line()));
  expect(ends).toEqual(crew.map(() => "done"));
  const exits = await Promise.all(processes.map(async ({ exit }) => exit));
  expect(exits).toEqual(crew.map(() => 0));
  const words = new Int32Array(1024);
  for (let index = 0; index < words.length; index++) {
    words[index] = shared.memory.read32(index * 4);
  }
  expect([words[VIOLATIONS], words[INSIDE], words[ITEMS]]).toEqual([0, 0, 0]);
  return words;
}

// The suite runs on all three, which makes all pairs.
describe.each(RUNTIMES)(`processes of ${thisRuntime} and %s`, (other) => {
  test("share locks of every kind, blocking and not", async () => {
    const actions = ["mutex", "spinlock", "recursive", "tasks", "exchange"] as const;
    const words = await together(
      [
        [thisRuntime, actions],
        [other, actions],
      ],
      ROUNDS,
    );
    expect(words[COUNTER]).toBe(2 * ROUNDS * actions.length);
  });

  test("read and write under one lock, blocking and not", async () => {
    const words = await together(
      [
        [thisRuntime, ["read and write", "read and write in tasks"]],
        [other, ["read and write in tasks", "read and write"]],
      ],
      ROUNDS,
    );
    expect(words[COUNTER]).toBe((4 * ROUNDS) / 5);
  });

  test("produce and consume", async () => {
    const words = await together(
      [
        [thisRuntime, ["produce", "consume"]],
        [other, ["consume", "produce"]],
      ],
      ROUNDS,
    );
    expect(words[COUNTER]).toBe(2 * ROUNDS);
  });
});

describe("a program in C that obeys the rules of LOCK_LAYOUTS", () => {
  test(`shares a mutex with ${thisRuntime}`, async () => {
    const words = await together(
      [
        ["c", ["mutex"]],
        [thisRuntime, ["mutex"]],
        [thisRuntime, ["tasks"]],
        ["c", ["mutex"]],
      ],
      4 * ROUNDS,
    );
    expect(words[COUNTER]).toBe(4 * 4 * ROUNDS);
  });

  test("finds every field and every flag where they are said to be", () => {
    const lines = peer.run("layout").trim().split("\n");
    const rows = [
      ...LOCK_LAYOUTS.flatMap(({ name, fields }) =>
        Object.entries(fields).map(
          ([field, { offset, size }]) => `${name} ${field} ${offset} ${size}`,
        ),
      ),
      ...LOCK_LAYOUTS.map(({ name, size, tail }) => `${name} size ${size} ${tail?.size ?? 0}`),
      ...LOCK_CONSTANTS.map(({ name, value }) => `${name} ${value}`),
    ];
    expect(lines).toEqual(rows);
  });
});
