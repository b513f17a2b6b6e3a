import {
  atomicsFutex,
  bufferMemory,
  createReadWriteLock,
  type Futex,
  type LockPlace,
  type ReadWriteLock,
  type ReadWriteLockOptions,
  readWriteLockSize,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

/** No wait of a test that is served takes as long. */
const LONG = 20_000;

interface Bench {
  readonly words: Int32Array;
  readonly lock: (tid: number, options?: ReadWriteLockOptions) => ReadWriteLock;
  readonly kill: (tid: number) => void;
  readonly close: () => void;
}

function bench(): Bench {
  const closing = new AbortController();
  const buffer = new SharedArrayBuffer(1024);
  const closed = closing.signal;
  const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer, closed });
  const futex = atomicsFutex(memory);
  const dead = new Set<number>();
  const place = (tid: number): LockPlace => {
    const identity = { tid, startTime: 0, alive: (other: number) => !dead.has(other) };
    return { memory, futex, identity, offset: 8 };
  };
  return {
    words: futex.words,
    lock: (tid, options) => createReadWriteLock(place(tid), options),
    kill: (tid) => void dead.add(tid),
    close: () => closing.abort(),
  };
}

function code(expected: string): unknown {
  return expect.objectContaining({ code: expected });
}

/** A look that is not the first within a millisecond: those do not look who lives. */
async function later<Value>(look: () => Value): Promise<Value> {
  await new Promise((resolve) => setTimeout(resolve, 3));
  return look();
}

describe("a read-write lock", () => {
  test("has many readers, or one writer", () => {
    const { lock } = bench();
    const [first, second, third] = [lock(1), lock(2), lock(3)];
    expect([first.tryAcquireRead(), second.acquireRead()]).toEqual(["acquired", "acquired"]);
    expect([third.readers, third.writer, third.tryAcquireWrite()]).toEqual([2, 0, undefined]);
    first.releaseRead();
    expect(third.tryAcquireWrite()).toBeUndefined();
    second.releaseRead();
    expect(third.acquireWrite()).toBe("acquired");
    expect([first.readers, first.writer]).toEqual([0, 3]);
    expect([first.tryAcquireRead(), first.tryAcquireWrite()]).toEqual([undefined, undefined]);
    third.releaseWrite();
    expect([first.tryAcquireWrite(), second.writer]).toEqual(["acquired", 1]);
  });

  test("is released by the handle that has it", () => {
    const { lock } = bench();
    const [first, second] = [lock(1), lock(2)];
    first.acquireRead();
    expect(() => second.releaseRead()).toThrow(code("NOT_OWNER"));
    expect(() => first.releaseWrite()).toThrow(code("NOT_OWNER"));
    first.releaseRead();
    first.acquireWrite();
    expect(() => first.releaseRead()).toThrow(code("NOT_OWNER"));
    expect(() => second.releaseWrite()).toThrow(code("NOT_OWNER"));
  });

  test("lets writers go first", async () => {
    const { lock } = bench();
    const [first, second, third] = [lock(1), lock(2), lock(3)];
    first.acquireRead();
    const order: string[] = [];
    const writing = second.acquireWriteAsync({ timeout: LONG }).then(() => order.push("write"));
    await expect.poll(() => third.writer).toBe(2);
    expect(third.tryAcquireRead()).toBeUndefined();
    const reading = third.acquireReadAsync({ timeout: LONG }).then(() => order.push("read"));
    first.releaseRead();
    await writing;
    second.releaseWrite();
    await reading;
    expect(order).toEqual(["write", "read"]);
  });

  test("does not let a thread wait for itself", () => {
    const { lock } = bench();
    const [ours, alsoOurs] = [lock(1), lock(1)];
    ours.acquireRead();
    expect(() => ours.acquireWrite()).toThrow(code("DEADLOCK"));
    ours.releaseRead();
    ours.acquireWrite();
    for (const handle of [ours, alsoOurs]) {
      expect(() => handle.acquireRead()).toThrow(code("DEADLOCK"));
      expect(() => handle.acquireWrite()).toThrow(code("DEADLOCK"));
    }
  });

  test("is read by tasks of one thread together", async () => {
    const { lock } = bench();
    const [ours, theirs] = [lock(1), lock(2)];
    await Promise.all([ours.acquireReadAsync(), ours.acquireReadAsync()]);
    expect(ours.readers).toBe(1);
    ours.releaseRead();
    expect(theirs.tryAcquireWrite()).toBeUndefined();
    ours.releaseRead();
    expect(theirs.tryAcquireWrite()).toBe("acquired");
  });

  test("is waited for no longer than is said, and lets others in after that", async () => {
    const { lock } = bench();
    const [first, second, third] = [lock(1), lock(2), lock(3)];
    first.acquireRead();
    await expect(second.acquireWriteAsync({ timeout: 30 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message: 'Write under the read-write lock at 8 of "shm": 1 read, and did not end in 30 ms',
    });
    expect(third.tryAcquireRead()).toBe("acquired");
    third.releaseRead();
    first.releaseRead();
    first.acquireWrite();
    await expect(second.acquireReadAsync({ timeout: 30 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message:
        'Read under the read-write lock at 8 of "shm": thread 1 writes, and did not end in 30 ms',
    });
    await expect(second.acquireWriteAsync({ timeout: 0 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    expect(() => second.acquireRead(-1)).toThrow(code("INVALID_ARGUMENT"));
  });

  test("ends a wait with its signal", async () => {
    const { lock } = bench();
    const [first, second, third] = [lock(1), lock(2), lock(3)];
    first.acquireRead();
    const abort = new AbortController();
    const { signal } = abort;
    const writing = second.acquireWriteAsync({ timeout: LONG, signal });
    await expect.poll(() => third.writer).toBe(2);
    const reading = third.acquireReadAsync({ timeout: LONG, signal });
    abort.abort(new Error("enough"));
    const refusal = { code: "ABORTED", cause: { message: "enough" } };
    await expect(writing).rejects.toMatchObject(refusal);
    await expect(reading).rejects.toMatchObject(refusal);
    expect(third.tryAcquireRead()).toBe("acquired");
  });

  test("ends all waits with the memory", async () => {
    const { close, lock } = bench();
    const [first, second] = [lock(1), lock(2)];
    first.acquireRead();
    const writing = second.acquireWriteAsync({ timeout: LONG });
    const reading = lock(3).acquireReadAsync({ timeout: LONG });
    close();
    await expect(writing).rejects.toMatchObject({ code: "CLOSED" });
    await expect(reading).rejects.toMatchObject({ code: "CLOSED" });
    expect(() => first.releaseRead()).toThrow(code("CLOSED"));
    expect(() => first.tryAcquireRead()).toThrow(code("CLOSED"));
    expect(() => first.tryAcquireWrite()).toThrow(code("CLOSED"));
    expect([first.readers, first.writer]).toEqual([0, 0]);
  });
});

test("nobody gets a read-write lock whose memory is closed by the time that it is free", async () => {
  const closing = new AbortController();
  const buffer = new SharedArrayBuffer(1024);
  const closed = closing.signal;
  const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer, closed });
  const place = { memory, futex: atomicsFutex(memory), offset: 8 };
  const theirs = createReadWriteLock({ ...place, identity: { tid: 2, startTime: 0 } });
  theirs.acquireWrite();
  // What takes the sleeps' place: the lock is given back, and the memory closed, before the sleeper runs.
  const futex: Futex = {
    name: "shm",
    words: place.futex.words,
    get closed() {
      return closed.aborted;
    },
    wait: () => "ok",
    wake: () => 0,
    async waitAsync() {
      if (!closed.aborted) theirs.releaseWrite();
      closing.abort();
      return "ok";
    },
  };
  const ours = createReadWriteLock({ ...place, futex, identity: { tid: 1, startTime: 0 } });
  await expect(ours.acquireReadAsync()).rejects.toMatchObject({ code: "CLOSED" });
});

describe("robust", () => {
  test("a writer finds that a reader died", async () => {
    const { kill, lock } = bench();
    lock(1).acquireRead();
    const writer = lock(2);
    expect(writer.tryAcquireWrite()).toBeUndefined();
    kill(1);
    expect(await later(() => writer.tryAcquireWrite())).toBe("acquired");
    expect(writer.readers).toBe(0);
  });

  test("readers learn that a writer died until another has come", async () => {
    const { kill, lock } = bench();
    lock(1).acquireWrite();
    const [first, second, third] = [lock(2), lock(3), lock(4)];
    kill(1);
    expect(await first.acquireReadAsync({ timeout: LONG })).toBe("owner-died");
    expect(second.tryAcquireRead()).toBe("owner-died");
    // One that gives up leaves word of it.
    expect(third.tryAcquireWrite()).toBeUndefined();
    first.releaseRead();
    second.releaseRead();
    expect(third.tryAcquireWrite()).toBe("owner-died");
    third.releaseWrite();
    expect(first.tryAcquireRead()).toBe("acquired");
  });

  test("a writer that died while it waited for readers does not keep them out", async () => {
    const { kill, lock } = bench();
    const [first, second] = [lock(2), lock(3)];
    first.acquireRead();
    const waiting = lock(1).acquireWriteAsync({ timeout: 200 });
    await expect.poll(() => first.writer).toBe(1);
    kill(1);
    expect(await second.acquireReadAsync({ timeout: LONG })).toBe("owner-died");
    await expect(waiting).rejects.toBeDefined();
  });

  test("a place of a dead reader is used again", async () => {
    const { kill, lock } = bench();
    const options = { readers: 2 };
    for (const tid of [1, 2]) lock(tid, options).acquireRead();
    const third = lock(3, options);
    expect(third.tryAcquireRead()).toBeUndefined();
    await expect(third.acquireReadAsync({ timeout: 20 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    kill(2);
    expect(await third.acquireReadAsync({ timeout: LONG })).toBe("acquired");
  });
});

test("a hostile peer that takes a reader's place is noticed", () => {
  const { lock, words } = bench();
  const ours = lock(1);
  ours.acquireRead();
  Atomics.store(words, (8 + 24) / 4, 5);
  expect(() => ours.releaseRead()).toThrow(code("CORRUPT"));
  expect(() => ours.releaseRead()).toThrow(code("NOT_OWNER"));
});

test("its size follows from its readers, and it is placed where it fits", () => {
  expect([readWriteLockSize(), readWriteLockSize(1)]).toEqual([24 + 32 * 16, 40]);
  const { lock } = bench();
  expect(() => lock(1, { readers: 62 })).not.toThrow();
  expect(() => lock(1, { readers: 63 })).toThrow(code("OUT_OF_RANGE"));
  for (const readers of [0, -1, 1.5, 1025, NaN]) {
    expect(() => lock(1, { readers })).toThrow(code("INVALID_ARGUMENT"));
  }
});
