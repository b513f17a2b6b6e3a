import { MetalError, type MetalErrorCode } from "@openamp/libmetal";
import { expect, test } from "vitest";
import { callAgain } from "./call_again.ts";

/** Fails so many times, then returns how often it was called. */
function failing(times: number, code: MetalErrorCode): () => number {
  let calls = 0;
  return () => {
    if (++calls <= times) throw new MetalError(code, `Call ${calls}`);
    return calls;
  };
}

test("a call that fails in an unexpected way is made once more, and no other", () => {
  expect(callAgain(failing(0, "SYSTEM"))).toBe(1);
  expect(callAgain(failing(1, "SYSTEM"))).toBe(2);
  expect(() => callAgain(failing(2, "SYSTEM"))).toThrow("Call 2");
  expect(() => callAgain(failing(1, "CLOSED"))).toThrow("Call 1");
});
