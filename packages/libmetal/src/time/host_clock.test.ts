import { hostClock } from "@openamp/libmetal";
import { expect, test } from "vitest";

test("hostClock calls back, in order, and not what was cancelled", async () => {
  const calls: string[] = [];
  const before = hostClock.now();
  await new Promise<void>((resolve) => {
    hostClock.after(0, () => calls.push("cancelled")).cancel();
    // More than the host's timers take, which would fire at once.
    const endless = hostClock.after(Infinity, () => calls.push("endless"));
    hostClock.after(1, () => calls.push("first"));
    hostClock.after(3, () => {
      endless.cancel();
      resolve();
    });
  });
  expect(calls).toEqual(["first"]);
  expect(hostClock.now()).toBeGreaterThan(before);
});
