import { nextTurn } from "@openamp/libmetal";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => void vi.unstubAllGlobals());

test("nextTurn comes once, after the promises that are settled", async () => {
  const order: string[] = [];
  const turn = new Promise<void>((resolve) => {
    nextTurn(() => {
      order.push("turn");
      resolve();
    });
  });
  await Promise.resolve();
  order.push("promise");
  await turn;
  expect(order).toEqual(["promise", "turn"]);
});

test.each([
  ["what this host has", []],
  ["a MessageChannel", ["setImmediate"]],
  ["setTimeout", ["setImmediate", "MessageChannel"]],
])("nextTurn, by %s, lets a timer have its turn between two", async (_, absent) => {
  for (const name of absent) vi.stubGlobal(name, undefined);
  let isOver = false;
  let turns = 0;
  setTimeout(() => (isOver = true), 1);
  await new Promise<void>((resolve) => {
    const again = (): void => {
      turns++;
      if (isOver) resolve();
      else nextTurn(again);
    };
    again();
  });
  expect(turns).toBeGreaterThan(1);
});
