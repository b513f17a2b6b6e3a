import { blockingSleep, type Clock, hostClock, sleep } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { startWorker } from "../../fixtures/portable_worker.ts";

/** A clock that keeps what it was asked for, and calls back when it is told to. */
function handClock() {
  const alarms = new Map<number, () => void>();
  const clock: Clock = {
    now: () => 0,
    after(milliseconds, callback) {
      alarms.set(milliseconds, callback);
      return { cancel: () => void alarms.delete(milliseconds) };
    },
  };
  return { clock, alarms };
}

describe("sleep", () => {
  test("ends after its time, and not before", async () => {
    const { clock, alarms } = handClock();
    let over = false;
    const slept = sleep(3000, { clock }).then(() => (over = true));
    await Promise.resolve();
    expect([over, [...alarms.keys()]]).toEqual([false, [3000]]);
    alarms.get(3000)?.();
    await slept;
    expect(over).toBe(true);
  });

  test("leaves the event loop its turns", async () => {
    const before = hostClock.now();
    let turns = 0;
    const ticks = setInterval(() => turns++, 1);
    await sleep(50);
    clearInterval(ticks);
    // Timers may fire a fraction of a millisecond early.
    expect(hostClock.now() - before).toBeGreaterThan(48);
    expect(turns).toBeGreaterThan(0);
  });

  test("is ended by its signal, with the reason as cause, and leaves no timer", async () => {
    const { clock, alarms } = handClock();
    const abort = new AbortController();
    const slept = sleep(10, { clock, signal: abort.signal });
    abort.abort("enough");
    await expect(slept).rejects.toMatchObject({
      name: "MetalError",
      code: "ABORTED",
      message: "Sleep for 10 ms: aborted",
      cause: "enough",
    });
    expect(alarms.size).toBe(0);
  });

  test("does not begin with a signal that has aborted", async () => {
    const { clock, alarms } = handClock();
    const signal = AbortSignal.abort();
    await expect(sleep(10, { clock, signal })).rejects.toMatchObject({ code: "ABORTED" });
    expect(alarms.size).toBe(0);
  });

  test.each([-1, NaN, Infinity, 2 ** 31])(
    "refuses %d ms, and so does blockingSleep",
    async (time) => {
      const refusal = { name: "MetalError", code: "INVALID_ARGUMENT" };
      await expect(sleep(time)).rejects.toMatchObject(refusal);
      expect(() => blockingSleep(time)).toThrow(expect.objectContaining(refusal));
    },
  );
});

// As upstream's test of sleep: at least the time that was asked for has passed.
test("a Worker blocks for as long as it was told to", async () => {
  using worker = startWorker(new URL("../../fixtures/sleeper.ts", import.meta.url));
  worker.post(60);
  expect(Number(await worker.receive())).toBeGreaterThan(58);
});
