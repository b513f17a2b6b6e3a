import {
  createConditionVariable,
  createMutex,
  createReadWriteLock,
  type LockPlace,
} from "@openamp/libmetal";
import { createSharedMemory, openFutex, threadIdentity } from "@openamp/libmetal/system";
import { describe, expect, test } from "vitest";
import { LONG, MUTEX, NOT_EMPTY, READ_WRITE } from "../../../fixtures/lock_actions.ts";
import type { LockOwnerWork } from "../../../fixtures/lock_owner_worker.ts";
import { RUNTIMES, startModule } from "../../../fixtures/other_process.ts";
import { type PortableWorker, startWorker } from "../../../fixtures/portable_worker.ts";

/** Memory, this thread's part in it, and its end. */
async function shared(): Promise<Omit<LockPlace, "offset"> & Disposable & { path: string }> {
  const mapping = await createSharedMemory({ size: 4096, physicalAddress: 0 });
  const { memory, path } = mapping;
  return {
    memory,
    path,
    futex: await openFutex(memory),
    identity: await threadIdentity(),
    [Symbol.dispose]: () => mapping.close(),
  };
}

/** A Worker that owns a lock, or waits for it; and the number of its thread. */
async function startOwner(
  path: string,
  what: LockOwnerWork["what"],
): Promise<PortableWorker & { readonly tid: number }> {
  const worker = startWorker(new URL("../../../fixtures/lock_owner_worker.ts", import.meta.url));
  worker.post({ path, what } satisfies LockOwnerWork);
  return { ...worker, tid: Number(await worker.receive()) };
}

describe("when a Worker is ended that owns a lock", () => {
  test("the next one gets the mutex and is told", async () => {
    using place = await shared();
    const mutex = createMutex({ ...place, offset: MUTEX });
    using worker = await startOwner(place.path, "mutex");
    expect([mutex.owner, mutex.tryAcquire()]).toEqual([worker.tid, undefined]);
    expect(worker.tid).not.toBe(place.identity.tid);
    const waiting = mutex.acquireAsync({ timeout: LONG });
    worker.terminate();
    expect(await waiting).toBe("owner-died");
    mutex.release();
    expect(mutex.tryAcquire()).toBe("acquired");
  });

  test("a writer finds dead readers, and readers a dead writer", async () => {
    using place = await shared();
    const lock = createReadWriteLock({ ...place, offset: READ_WRITE });
    using reader = await startOwner(place.path, "read");
    expect([lock.readers, lock.tryAcquireWrite()]).toEqual([1, undefined]);
    const writing = lock.acquireWriteAsync({ timeout: LONG });
    reader.terminate();
    expect(await writing).toBe("acquired");
    lock.releaseWrite();

    using writer = await startOwner(place.path, "write");
    expect([lock.writer, lock.tryAcquireRead()]).toEqual([writer.tid, undefined]);
    const reading = lock.acquireReadAsync({ timeout: LONG });
    writer.terminate();
    expect(await reading).toBe("owner-died");
    lock.releaseRead();
    expect(await lock.acquireWriteAsync({ timeout: LONG })).toBe("owner-died");
    lock.releaseWrite();
    expect(lock.tryAcquireRead()).toBe("acquired");
  });
});

test("a Worker that is ended while it waits for a condition takes no signal with it", async () => {
  using place = await shared();
  const mutex = createMutex({ ...place, offset: MUTEX });
  const condition = createConditionVariable({ ...place, offset: NOT_EMPTY });
  const ended = await startOwner(place.path, "condition");
  // Free as soon as the other waits.
  await mutex.acquireAsync({ timeout: LONG });
  const waiting = condition.waitAsync(mutex, { timeout: LONG });
  ended.terminate();
  condition.signal();
  expect((await waiting).signalled).toBe(true);
});

test("a Worker that waits may block, and tasks do not", async () => {
  using place = await shared();
  const mutex = createMutex({ ...place, offset: MUTEX });
  await mutex.acquireAsync();
  using blocked = await startOwner(place.path, "wait");
  using waiting = await startOwner(place.path, "task");
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const ours = mutex.acquireAsync({ timeout: LONG });
  await expect.poll(() => ticks, { timeout: LONG }).toBeGreaterThan(20);
  clearInterval(timer);
  mutex.release();
  expect(await ours).toBe("acquired");
  mutex.release();
  expect(await Promise.all([blocked.receive(), waiting.receive()])).toEqual(["done", "done"]);
});

test("a Worker whose task waits can be ended, and keeps nobody from the lock", async () => {
  using place = await shared();
  const mutex = createMutex({ ...place, offset: MUTEX });
  await mutex.acquireAsync();
  for (let round = 0; round < 3; round++) {
    const waiting = await startOwner(place.path, "task");
    // It sleeps, or is about to.
    await expect.poll(() => place.futex.words[MUTEX / 4]).toBeLessThan(0);
    waiting.terminate();
    const next = mutex.acquireAsync({ timeout: LONG });
    mutex.release();
    expect(await next).toBe("acquired");
  }
});

describe("a blocking wait", () => {
  test("ends in time, whatever it waits for", async () => {
    using place = await shared();
    const mutex = createMutex({ ...place, offset: MUTEX });
    const lock = createReadWriteLock({ ...place, offset: READ_WRITE });
    const condition = createConditionVariable({ ...place, offset: NOT_EMPTY });
    mutex.acquire();
    expect(condition.wait(mutex, 20)).toEqual({ signalled: false, mutex: "acquired" });
    mutex.release();
    using _owner = await startOwner(place.path, "mutex");
    using _writer = await startOwner(place.path, "write");
    const timeout = expect.objectContaining({ code: "TIMEOUT" });
    expect(() => mutex.acquire(0)).toThrow(timeout);
    expect(() => mutex.acquire(20)).toThrow(timeout);
    expect(() => lock.acquireRead(20)).toThrow(timeout);
    expect(() => lock.acquireWrite(20)).toThrow(timeout);
    const start = performance.now();
    expect(() => mutex.acquire(400)).toThrow(timeout);
    expect(performance.now() - start).toBeGreaterThan(399);
  });

  test("ends in time while a hostile peer writes anything into the word", async () => {
    using place = await shared();
    const mutex = createMutex({ ...place, offset: MUTEX });
    using storm = await startOwner(place.path, "storm");
    const ends = new Set<string>();
    for (const end = performance.now() + 800; performance.now() < end;) {
      try {
        mutex.acquire(5);
        ends.add("acquired");
        mutex.release();
      } catch (error) {
        ends.add(error instanceof Error && "code" in error ? String(error.code) : "unknown");
      }
      // oxlint-disable-next-line no-await-in-loop -- the message of the Worker has its turn
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(await storm.receive()).toBe("done");
    expect(["acquired", "TIMEOUT", "CORRUPT"]).toEqual(expect.arrayContaining([...ends]));
    expect(mutex.tryAcquire()).toBeDefined();
  });
});

describe.each(RUNTIMES)("when a process of %s is killed", (runtime) => {
  test("while it owns a mutex, the next one is told", async () => {
    using place = await shared();
    const mutex = createMutex({ ...place, offset: MUTEX });
    await using victim = startModule(runtime, "./lock_victim.ts", [place.path, "block"]);
    expect(await victim.line()).toBe("ready");
    await expect.poll(() => mutex.owner, { interval: 1, timeout: LONG }).toBe(victim.pid);
    victim.kill("SIGSTOP");
    // It may have given the mutex back before it was stopped.
    await expect
      .poll(
        () => {
          if (mutex.owner === victim.pid) return true;
          victim.kill("SIGCONT");
          victim.kill("SIGSTOP");
          return false;
        },
        { interval: 5, timeout: LONG },
      )
      .toBe(true);
    // Stopped is not dead.
    await expect(mutex.acquireAsync({ timeout: 300 })).rejects.toMatchObject({ code: "TIMEOUT" });
    victim.kill("SIGKILL");
    expect(await mutex.acquireAsync({ timeout: LONG })).toBe("owner-died");
  });
});
