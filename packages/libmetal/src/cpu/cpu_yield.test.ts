import { cpuYield, hostClock } from "@openamp/libmetal";
import { expect, test } from "vitest";

test("a thread that spins may tell the processor so, as often as it likes, and gets on", () => {
  const before = hostClock.now();
  for (let spin = 0; spin < 100_000; spin++) cpuYield();
  expect(cpuYield()).toBeUndefined();
  expect(hostClock.now() - before).toBeLessThan(20_000);
});
