import {
  atomicsFutex,
  bufferMemory,
  type ConditionOutcome,
  type ConditionVariable,
  createConditionVariable,
  createMutex,
  type LockPlace,
  type Mutex,
  type MutexOptions,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { interrupted } from "../../fixtures/atomic_steps.ts";

/** No wait of a test that is served takes as long. */
const LONG = 20_000;

interface Bench {
  readonly living: Set<number>;
  readonly condition: ConditionVariable;
  readonly words: Int32Array;
  readonly mutex: (tid: number, options?: MutexOptions) => Mutex;
  readonly close: () => void;
}

function bench(): Bench {
  const closing = new AbortController();
  const buffer = new SharedArrayBuffer(64);
  const closed = closing.signal;
  const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer, closed });
  const futex = atomicsFutex(memory);
  const living = new Set([7, 9]);
  const place = (tid: number, offset: number): LockPlace => {
    const identity = { tid, startTime: 0, alive: (other: number) => living.has(other) };
    return { memory, futex, identity, offset };
  };
  return {
    living,
    condition: createConditionVariable(place(7, 16)),
    words: futex.words,
    mutex: (tid, options) => createMutex(place(tid, 0), options),
    close: () => closing.abort(),
  };
}

describe("a wait", () => {
  test("gives the mutex back, and has it again after a signal", async () => {
    const { condition, mutex } = bench();
    const [ours, theirs] = [mutex(7), mutex(9)];
    await ours.acquireAsync();
    const waiting = condition.waitAsync(ours, { timeout: LONG });
    expect(await theirs.acquireAsync({ timeout: LONG })).toBe("acquired");
    condition.signal();
    theirs.release();
    expect(await waiting).toEqual({ signalled: true, mutex: "acquired" });
    expect(ours.depth).toBe(1);
  });

  test("sees a signal that comes before it sleeps", async () => {
    const { condition, mutex } = bench();
    const ours = mutex(7);
    await ours.acquireAsync();
    const waiting = condition.waitAsync(ours, { timeout: LONG });
    condition.signal();
    expect((await waiting).signalled).toBe(true);
  });

  test.each(["wakes", "dies before it wakes"])(
    "sees one signal at any step, also where the thread that gives it %s",
    async (end) => {
      const waits: Promise<ConditionOutcome>[] = [];
      for (let step = 0, reached = true; reached; step++) {
        const { condition, mutex, words } = bench();
        const [ours, theirs] = [mutex(7), mutex(9)];
        let given = false;
        const give = (): void => {
          if (given || theirs.tryAcquire() === undefined) return;
          if (end === "wakes") condition.signal();
          else Atomics.add(words, 16 / 4, 1);
          theirs.release();
          given = true;
        };
        ours.acquire();
        const begun = interrupted(step, give, () => condition.waitAsync(ours, { timeout: LONG }));
        ({ reached } = begun);
        // Where it was not given back by that step.
        give();
        expect(given).toBe(true);
        if (begun.result !== "dead") waits.push(begun.result);
      }
      expect(waits.length).toBeGreaterThan(2);
      for (const outcome of await Promise.all(waits)) {
        expect(outcome).toEqual({ signalled: true, mutex: "acquired" });
      }
    },
  );

  test("ends without a signal when its time is up, with the mutex", async () => {
    const { condition, mutex } = bench();
    const ours = mutex(7);
    await ours.acquireAsync();
    const start = performance.now();
    expect(await condition.waitAsync(ours, { timeout: 30 })).toEqual({
      signalled: false,
      mutex: "acquired",
    });
    expect(performance.now() - start).toBeGreaterThan(28);
    expect((await condition.waitAsync(ours, { timeout: 0 })).signalled).toBe(false);
    ours.release();
  });

  test("ends with its signal to abort, with the mutex", async () => {
    const { condition, mutex } = bench();
    const ours = mutex(7);
    await ours.acquireAsync();
    const abort = new AbortController();
    const waiting = condition.waitAsync(ours, { timeout: LONG, signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(waiting).rejects.toMatchObject({
      code: "ABORTED",
      message: 'Wait for the condition variable at 16 of "shm": aborted',
      cause: { message: "enough" },
    });
    expect(ours.depth).toBe(1);
    await expect(condition.waitAsync(ours, { signal: abort.signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
    expect(ours.depth).toBe(1);
  });

  test("tells of an owner that died with the mutex meanwhile", async () => {
    const { condition, living, mutex } = bench();
    const [ours, theirs] = [mutex(7), mutex(9)];
    await ours.acquireAsync();
    const waiting = condition.waitAsync(ours, { timeout: LONG });
    theirs.acquire();
    condition.signal();
    living.delete(9);
    expect(await waiting).toEqual({ signalled: true, mutex: "owner-died" });
  });

  test("is refused without the mutex, or with it twice", async () => {
    const { condition, mutex } = bench();
    const ours = mutex(7, { recursive: true });
    const refusal = { code: "NOT_OWNER" };
    expect(() => condition.wait(ours)).toThrow(expect.objectContaining(refusal));
    await expect(condition.waitAsync(ours)).rejects.toMatchObject(refusal);
    ours.acquire();
    ours.acquire();
    await expect(condition.waitAsync(ours)).rejects.toMatchObject({
      code: "DEADLOCK",
      message:
        'Wait for the condition variable at 16 of "shm": ' +
        "its mutex is acquired 2 times, and would be kept",
    });
    expect(ours.depth).toBe(2);
    ours.release();
    await expect(condition.waitAsync(ours, { timeout: -1 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(ours.depth).toBe(1);
  });

  test("ends with the memory", async () => {
    const { close, condition, mutex } = bench();
    const ours = mutex(7);
    await ours.acquireAsync();
    const waiting = condition.waitAsync(ours, { timeout: LONG });
    close();
    await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
    expect(() => condition.signal()).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect(() => condition.broadcast()).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect(() => condition.wait(ours)).toThrow(expect.objectContaining({ code: "CLOSED" }));
  });
});

test("a broadcast ends all waits", async () => {
  const { condition, mutex } = bench();
  const [ours, theirs] = [mutex(7), mutex(9)];
  let waiters = 0;
  const waits = [ours, theirs, ours, theirs, ours].map(async (handle) => {
    await handle.acquireAsync({ timeout: LONG });
    waiters++;
    const { signalled } = await condition.waitAsync(handle, { timeout: LONG });
    handle.release();
    return signalled;
  });
  // Each has given the mutex back in the same turn.
  await expect.poll(() => waiters).toBe(5);
  condition.broadcast();
  expect(await Promise.all(waits)).toEqual([true, true, true, true, true]);
});

test("a waiter that took a signal and died keeps it from the others for a moment only", async () => {
  const { condition, mutex, words } = bench();
  const ours = mutex(7);
  await ours.acquireAsync();
  const waiting = condition.waitAsync(ours, { timeout: LONG });
  // What its signal leaves behind: the sequence, and nobody woken.
  Atomics.add(words, 16 / 4, 1);
  expect((await waiting).signalled).toBe(true);
});
