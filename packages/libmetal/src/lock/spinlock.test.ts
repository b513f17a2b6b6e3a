import {
  atomicsFutex,
  bufferMemory,
  createMutex,
  createSpinlock,
  type LockPlace,
  type Spinlock,
  type SpinlockOptions,
} from "@openamp/libmetal";
import { expect, test } from "vitest";

function code(expected: string): unknown {
  return expect.objectContaining({ code: expected });
}

function places(): readonly [ours: LockPlace, theirs: LockPlace, kill: (tid: number) => void] {
  const buffer = new SharedArrayBuffer(64);
  const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer });
  const living = new Set([7, 9]);
  const place = (tid: number): LockPlace => ({
    memory,
    futex: atomicsFutex(memory),
    identity: { tid, startTime: 0, alive: (other) => living.has(other) },
    offset: 16,
  });
  return [place(7), place(9), (tid) => living.delete(tid)];
}

function spinlocks(options?: SpinlockOptions): readonly [Spinlock, Spinlock] {
  const [ours, theirs] = places();
  return [createSpinlock(ours, options), createSpinlock(theirs, options)];
}

test("a spinlock belongs to one thread until that releases it", () => {
  const [ours, theirs] = spinlocks();
  expect([ours.isAcquired, ours.acquire(), theirs.owner]).toEqual([false, "acquired", 7]);
  expect(theirs.tryAcquire()).toBeUndefined();
  expect(() => theirs.release()).toThrow(code("NOT_OWNER"));
  ours.release();
  expect(theirs.tryAcquire()).toBe("acquired");
});

test("it is never recursive, and does not let a thread wait for itself", () => {
  const [ours] = spinlocks();
  ours.acquire();
  expect(ours.tryAcquire()).toBeUndefined();
  expect(() => ours.acquire()).toThrow(code("DEADLOCK"));
});

test.each([0, 10_000])("it is waited for no longer than is said, with %d spins", async (spins) => {
  const [ours, theirs] = spinlocks({ spins });
  theirs.acquire();
  await expect(ours.acquireAsync({ timeout: 10 })).rejects.toMatchObject({
    code: "TIMEOUT",
    message:
      'Acquire the spinlock at 16 of "shm": thread 9 owns it, and did not give it back in 10 ms',
  });
});

test.each([-1, NaN, Infinity, 0.5])("%d spins are refused", (spins) => {
  expect(() => spinlocks({ spins })).toThrow(code("INVALID_ARGUMENT"));
});

test("the next owner learns that the last one died", () => {
  const [ours, theirs, kill] = places();
  createSpinlock(theirs).acquire();
  kill(9);
  expect(createSpinlock(ours).tryAcquire()).toBe("owner-died");
});

test("a mutex may be used as a spinlock: it is the same word", () => {
  const [ours, theirs] = places();
  createMutex(ours).acquire();
  expect(createSpinlock(theirs).tryAcquire()).toBeUndefined();
});
