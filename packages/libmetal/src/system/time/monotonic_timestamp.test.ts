import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monotonicTimestamp } from "@openamp/libmetal/system";
import { expect, test } from "vitest";

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
  const directory = mkdtempSync(join(tmpdir(), "libmetal-"));
  try {
    const program = join(directory, "now");
    execFileSync("gcc", ["-x", "c", "-", "-o", program], { input: PROGRAM });
    const before = timestamp();
    const theirs = BigInt(execFileSync(program, { encoding: "utf8" }));
    const after = timestamp();
    expect([before <= theirs, theirs <= after]).toEqual([true, true]);
  } finally {
    rmSync(directory, { recursive: true });
  }
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
