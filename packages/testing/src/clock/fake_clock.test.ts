import { waitQueue } from "@openamp/libmetal";
import type { Timer } from "@openamp/libmetal";
import { expect, test } from "vitest";

import { fakeClock } from "./fake_clock.ts";

test("timers fire in the order of their times, then in the order they were set", () => {
  const clock = fakeClock(1000);
  const fired: string[] = [];
  const at = (name: string) => () => fired.push(`${name}@${clock.now()}`);
  clock.after(20, at("late"));
  clock.after(10, at("first of two"));
  clock.after(10, at("second of two"));
  clock.after(0, at("at once"));
  expect(fired).toEqual([]);
  clock.advance(0);
  expect(fired).toEqual(["at once@1000"]);
  clock.advance(15);
  expect(fired.slice(1)).toEqual(["first of two@1010", "second of two@1010"]);
  expect(clock.now()).toBe(1015);
  expect(clock.pending).toBe(1);
  clock.advance(5);
  expect(fired[3]).toBe("late@1020");
  expect(clock.pending).toBe(0);
});

test("a timer that a callback sets fires in the same advance where it falls due", () => {
  const clock = fakeClock();
  const ticks: number[] = [];
  const tick = (): void => {
    ticks.push(clock.now());
    clock.after(10, tick);
  };
  clock.after(10, tick);
  clock.advance(35);
  expect(ticks).toEqual([10, 20, 30]);
  expect(clock.pending).toBe(1);
});

test("a cancelled timer does not fire, also when it is cancelled at its own time", () => {
  const clock = fakeClock();
  let fired = 0;
  const timers: Timer[] = [];
  clock.after(5, () => timers.forEach((timer) => timer.cancel()));
  timers.push(clock.after(5, () => fired++));
  const third = clock.after(5, () => fired++);
  third.cancel();
  third.cancel();
  clock.advance(10);
  expect(fired).toBe(0);
  expect(clock.pending).toBe(0);
});

test("an endless chain of timers is an error, not a hang", () => {
  const clock = fakeClock();
  const again = (): void => {
    clock.after(0, again);
  };
  again();
  expect(() => clock.advance(1)).toThrow(expect.objectContaining({ code: "TIMER_STORM" }));
});

test("time goes forward only", () => {
  const clock = fakeClock();
  expect(() => clock.advance(-1)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  expect(() => clock.advance(Number.NaN)).toThrow(/NaN ms/u);
});

test("an exception of a callback comes out, and the timer is gone", () => {
  const clock = fakeClock();
  clock.after(1, () => {
    throw new Error("from the callback");
  });
  expect(() => clock.advance(5)).toThrow("from the callback");
  expect(clock.pending).toBe(0);
  expect(clock.now()).toBe(1);
});

test("advanceAsync lets promise jobs run before, between and after the timers", async () => {
  const clock = fakeClock();
  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      clock.after(milliseconds, resolve);
    });
  const steps: number[] = [];
  const work = (async () => {
    await Promise.resolve();
    for (let step = 0; step < 3; step++) {
      await pause(10);
      steps.push(clock.now());
    }
  })();
  await clock.advanceAsync(30);
  expect(steps).toEqual([10, 20, 30]);
  await work;
});

test("a wait of libmetal times out on it without real time, and leaves no timer", async () => {
  const clock = fakeClock();
  const queue = waitQueue({ clock, error: (failure, what) => new Error(`${what}: ${failure}`) });
  const waiting = queue.wait({ look: () => false, what: "Wait for ever", timeout: 60_000 });
  const [ended] = await Promise.all([Promise.allSettled([waiting]), clock.advanceAsync(60_000)]);
  expect(ended[0]).toMatchObject({
    status: "rejected",
    reason: { message: "Wait for ever: TIMEOUT" },
  });
  expect(clock.pending).toBe(0);
});
