import { afterAll, beforeAll, expect, test } from "vitest";
import {
  COUNTER,
  INSIDE,
  ITEMS,
  type ActionName,
  VIOLATIONS,
} from "../../fixtures/lock_actions.ts";
import type { LockWork } from "../../fixtures/lock_worker.ts";
import { type PortableWorker, startWorker } from "../../fixtures/portable_worker.ts";

const MODULE = new URL("../../fixtures/lock_worker.ts", import.meta.url);

let workers: readonly PortableWorker[] = [];

beforeAll(() => {
  workers = Array.from({ length: 20 }, () => startWorker(MODULE));
});
afterAll(() => {
  for (const worker of workers) worker.terminate();
});

/** Lets Workers do something together, one for each name. Gives the words that they shared. */
async function together(actions: readonly ActionName[], rounds: number): Promise<Int32Array> {
  const buffer = new SharedArrayBuffer(4096);
  const crew = workers.slice(0, actions.length);
  for (const [index, action] of actions.entries()) {
    const work = { buffer, tid: index + 1, action, rounds, workers: actions.length };
    crew[index]?.post(work satisfies LockWork);
  }
  const ends = await Promise.all(crew.map(async (worker) => worker.receive()));
  expect(ends).toEqual(actions.map(() => "done"));
  const words = new Int32Array(buffer);
  expect([words[VIOLATIONS], words[INSIDE], words[ITEMS]]).toEqual([0, 0, 0]);
  return words;
}

function times<Value>(count: number, value: Value): Value[] {
  return Array.from({ length: count }, () => value);
}

test.each(["mutex", "spinlock", "recursive", "tasks", "add"] as const)(
  "upstream's list: ten Workers, 1000 times each: %s",
  async (action) => {
    const words = await together(times(10, action), 1000);
    expect(words[COUNTER]).toBe(10_000);
  },
);

test.each(["sum", "sum under a spinlock"] as const)(
  "upstream's list: two Workers add 1 to 100 each: %s",
  async (action) => {
    const words = await together(times(2, action), 100);
    expect(words[COUNTER]).toBe(2 * 5050);
  },
);

test.each([
  ["producers first", [...times(10, "produce"), ...times(10, "consume")]],
  ["consumers first", [...times(10, "consume"), ...times(10, "produce")]],
] as const)("upstream's list: ten producers and ten consumers end: %s", async (_name, actions) => {
  const words = await together(actions as ActionName[], 100);
  expect(words[COUNTER]).toBe(1000);
});

test("producers and consumers in the event loops of five Workers end", async () => {
  const words = await together(times(5, "exchange"), 100);
  expect(words[COUNTER]).toBe(500);
});

test("readers see what a writer wrote whole, in ten Workers", async () => {
  const words = await together(times(10, "read and write"), 500);
  expect(words[COUNTER]).toBe(10 * 100);
});

test("readers see what a writer wrote whole, in tasks of five Workers", async () => {
  const words = await together(times(5, "read and write in tasks"), 200);
  expect(words[COUNTER]).toBe(5 * 40);
});

test("blocking and asynchronous forms share one lock", async () => {
  const words = await together([...times(3, "mutex"), ...times(3, "tasks")] as ActionName[], 500);
  expect(words[COUNTER]).toBe(3000);
});
