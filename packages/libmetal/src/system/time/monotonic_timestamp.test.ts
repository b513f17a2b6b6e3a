import { monotonicTimestamp } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { buildCProgram } from "../../../fixtures/c_program.ts";

const PROGRAM = `
#include <stdio.h>
#include <time.h>
int main(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("%lld", now.tv_sec * 1000000000LL + now.tv_nsec);
  return 0;
}`;

test("a program in C reads the same clock", async () => {
  const timestamp = await monotonicTimestamp();
  using program = buildCProgram({ text: PROGRAM });
  const before = timestamp();
  const theirs = BigInt(program.run());
  const after = timestamp();
  expect([before <= theirs, theirs <= after]).toEqual([true, true]);
});

test("it never goes back", async () => {
  const timestamp = await monotonicTimestamp();
  let last = timestamp();
  for (let look = 0; look < 10_000; look++) {
    const next = timestamp();
    expect(next >= last).toBe(true);
    last = next;
  }
});
