import { expect, test } from "vitest";
import { releaseStack } from "./release_stack.ts";

test("everything is given back once, the last one first, also behind a failure", () => {
  const stack = releaseStack();
  const order: number[] = [];
  stack.push(() => order.push(1));
  stack.push(() => {
    order.push(2);
    throw new Error("second");
  });
  stack.push(() => {
    order.push(3);
    throw new Error("third");
  });
  expect(() => stack.release()).toThrow("third");
  stack.release();
  expect(order).toEqual([3, 2, 1]);
  stack.push(() => {
    order.push(4);
    throw new Error("fourth");
  });
  stack.abandon();
  expect(order).toEqual([3, 2, 1, 4]);
});
