import {
  atomicsFutex,
  bufferMemory,
  createConditionVariable,
  createMutex,
  createReadWriteLock,
  type Futex,
  type LockPlace,
  type Memory,
  type Mutex,
  type MutexOptions,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

/** No wait of a test that is served takes as long. */
const LONG = 20_000;

const WORD = 64 / 4;
const DEPTH = WORD + 1;
const OWNER = WORD + 2;
const OWNER_START = WORD + 3;
const OWNER_DIED = 0x40000000;
const WAITERS = 0x80000000 | 0;

/** Threads that share a lock, and which of them live. */
class Threads {
  readonly memory: Memory;
  readonly futex: Futex;
  readonly #closing = new AbortController();
  readonly #started = new Map<number, number>();

  constructor() {
    this.memory = bufferMemory({
      name: "shm",
      physicalAddress: 0,
      buffer: new SharedArrayBuffer(256),
      closed: this.#closing.signal,
    });
    this.futex = atomicsFutex(this.memory);
  }

  place(tid: number, startTime: number = 1): LockPlace {
    const started = this.#started;
    started.set(tid, startTime);
    const identity = {
      tid,
      startTime,
      alive: (other: number, start: number | undefined) =>
        start === undefined ? started.has(other) : started.get(other) === start,
    };
    return { memory: this.memory, futex: this.futex, identity, offset: 64 };
  }

  mutex(tid: number, options: MutexOptions = {}): Mutex {
    return createMutex(this.place(tid), options);
  }

  kill(tid: number): void {
    this.#started.delete(tid);
  }

  close(): void {
    this.#closing.abort();
  }

  word(index: number): number {
    return Atomics.load(this.futex.words, index);
  }
}

function code(expected: string): unknown {
  return expect.objectContaining({ name: "MetalError", code: expected });
}

/** As if a peer wrote it between each look and the sleep: no sleep ever begins. */
function restless(threads: Threads): LockPlace {
  const place = threads.place(7);
  let sleeps = 0;
  const futex: Futex = {
    name: "shm",
    words: place.futex.words,
    closed: false,
    wait: () => "not-equal",
    wake: () => 0,
    async waitAsync(_index, _expected, { signal }) {
      signal?.throwIfAborted();
      if (++sleeps > 100_000) throw new Error("The event loop has no turn");
      return "not-equal";
    },
  };
  return { ...place, futex };
}

describe("a mutex", () => {
  test("belongs to one thread until that releases it", () => {
    const threads = new Threads();
    const [first, second] = [threads.mutex(7), threads.mutex(9)];
    expect([first.isAcquired, first.owner, first.depth]).toEqual([false, 0, 0]);
    expect(first.tryAcquire()).toBe("acquired");
    expect([second.isAcquired, second.owner, first.depth, second.depth]).toEqual([true, 7, 1, 0]);
    expect(second.tryAcquire()).toBeUndefined();
    expect(first.tryAcquire()).toBeUndefined();
    first.release();
    expect(second.acquire()).toBe("acquired");
    expect([first.owner, threads.word(WORD), threads.word(OWNER)]).toEqual([9, 9, 9]);
    second.release();
    expect([threads.word(WORD), threads.word(DEPTH)]).toEqual([0, 0]);
  });

  test("is released by the handle that has acquired it, and by no other", () => {
    const threads = new Threads();
    const [ours, alsoOurs, theirs] = [threads.mutex(7), threads.mutex(7), threads.mutex(9)];
    expect(() => ours.release()).toThrow(
      expect.objectContaining({
        code: "NOT_OWNER",
        message: 'Release the mutex at 64 of "shm": nobody owns it, and not through this handle',
      }),
    );
    ours.acquire();
    expect(() => theirs.release()).toThrow(code("NOT_OWNER"));
    expect(() => alsoOurs.release()).toThrow(code("NOT_OWNER"));
    expect(threads.word(WORD)).toBe(7);
    ours.release();
    expect(() => ours.release()).toThrow(code("NOT_OWNER"));
  });

  test("does not let a thread wait for itself", () => {
    const threads = new Threads();
    const [ours, alsoOurs] = [threads.mutex(7), threads.mutex(7)];
    ours.acquire();
    expect(() => ours.acquire()).toThrow(
      expect.objectContaining({
        code: "DEADLOCK",
        message: 'Acquire the mutex at 64 of "shm": this thread owns it, and would wait for itself',
      }),
    );
    expect(() => alsoOurs.acquire()).toThrow(code("DEADLOCK"));
  });

  test("is waited for no longer than is said", async () => {
    const threads = new Threads();
    const [ours, theirs] = [threads.mutex(7), threads.mutex(9)];
    theirs.acquire();
    const start = performance.now();
    await expect(ours.acquireAsync({ timeout: 30 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message:
        'Acquire the mutex at 64 of "shm": thread 9 owns it, and did not give it back in 30 ms',
    });
    expect(performance.now() - start).toBeGreaterThan(28);
    await expect(ours.acquireAsync({ timeout: 0 })).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(ours.acquireAsync({ timeout: -1 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("is given to a task that waits when another thread releases it", async () => {
    const threads = new Threads();
    const [ours, theirs] = [threads.mutex(7), threads.mutex(9)];
    theirs.acquire();
    const waiting = ours.acquireAsync({ timeout: LONG });
    // Waits in the kernel's way.
    await expect.poll(() => threads.word(WORD)).toBe(9 | WAITERS);
    theirs.release();
    expect(await waiting).toBe("acquired");
    expect(threads.word(WORD) & 0x3fffffff).toBe(7);
    ours.release();
    expect(threads.word(WORD)).toBe(0);
  });

  test("leaves the event loop its turns while a task waits", async () => {
    const threads = new Threads();
    const [ours, theirs] = [threads.mutex(7), threads.mutex(9)];
    theirs.acquire();
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks === 20) theirs.release();
    }, 5);
    expect(await ours.acquireAsync({ timeout: LONG })).toBe("acquired");
    clearInterval(timer);
    expect(ticks).toBeGreaterThanOrEqual(20);
  });

  test("ends a wait with its signal, and lets the others go on", async () => {
    const threads = new Threads();
    const [ours, theirs] = [threads.mutex(7), threads.mutex(9)];
    theirs.acquire();
    const abort = new AbortController();
    const { signal } = abort;
    const first = ours.acquireAsync({ timeout: LONG, signal });
    const second = ours.acquireAsync({ timeout: LONG });
    abort.abort(new Error("enough"));
    await expect(first).rejects.toMatchObject({ code: "ABORTED", cause: { message: "enough" } });
    await expect(ours.acquireAsync({ signal })).rejects.toMatchObject({ code: "ABORTED" });
    theirs.release();
    expect(await second).toBe("acquired");
  });

  test("is waited for again after every wait was ended", async () => {
    const threads = new Threads();
    const [ours, theirs] = [threads.mutex(7), threads.mutex(9)];
    theirs.acquire();
    for (let round = 0; round < 20; round++) {
      const abort = new AbortController();
      const ended = ours.acquireAsync({ timeout: LONG, signal: abort.signal });
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      if (round % 2 === 1) await Promise.resolve();
      abort.abort();
      const next = ours.acquireAsync({ timeout: LONG });
      theirs.release();
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await expect(ended).rejects.toMatchObject({ code: "ABORTED" });
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await next).toBe("acquired");
      ours.release();
      theirs.acquire();
    }
  });
});

describe("tasks of one thread", () => {
  test("own a mutex one at a time, in the order in which they came", async () => {
    const threads = new Threads();
    const mutex = threads.mutex(7);
    const order: number[] = [];
    let inside = 0;
    const tasks = Array.from({ length: 100 }, async (_, task) => {
      await mutex.acquireAsync({ timeout: LONG });
      expect(++inside).toBe(1);
      order.push(task);
      await Promise.resolve();
      inside--;
      mutex.release();
    });
    await Promise.all(tasks);
    expect(order).toEqual(Array.from({ length: 100 }, (_, task) => task));
    expect(threads.word(WORD)).toBe(0);
  });

  test("own it one at a time through two handles too", async () => {
    const threads = new Threads();
    const handles = [threads.mutex(7), threads.mutex(7)] as const;
    let inside = 0;
    const tasks = Array.from({ length: 40 }, async (_, task) => {
      const mutex = handles[task % 2 === 0 ? 0 : 1];
      await mutex.acquireAsync({ timeout: LONG });
      expect(++inside).toBe(1);
      await Promise.resolve();
      inside--;
      mutex.release();
    });
    await Promise.all(tasks);
    expect(threads.word(WORD)).toBe(0);
  });

  test("leave it to another thread in between", async () => {
    const threads = new Threads();
    const [ours, theirs] = [threads.mutex(7), threads.mutex(9)];
    ours.acquire();
    let passed = 0;
    const tasks = Array.from({ length: 200 }, async () => {
      await ours.acquireAsync({ timeout: LONG });
      // Longer than one hand-over: without a limit the other thread would come last.
      await new Promise((resolve) => setTimeout(resolve, 1));
      passed++;
      ours.release();
    });
    const other = theirs.acquireAsync({ timeout: LONG });
    ours.release();
    await other;
    expect(passed).toBeLessThan(100);
    theirs.release();
    await Promise.all(tasks);
  });

  test("that get the wake of another thread, which had it in between, wake the next one", async () => {
    const threads = new Threads();
    const ours = threads.mutex(7);
    const theirs = threads.mutex(9);
    await ours.acquireAsync();
    const waiting = Array.from({ length: 17 }, async () => ours.acquireAsync({ timeout: LONG }));
    // Two others sleep on it: one takes it when our tasks give it up, and wakes the next one.
    Atomics.or(threads.futex.words, WORD, WAITERS);
    for (const turn of waiting.slice(0, 16)) {
      ours.release();
      // oxlint-disable-next-line no-await-in-loop -- one turn after the other
      await turn;
    }
    ours.release();
    expect(theirs.tryAcquire()).toBe("acquired");
    theirs.release();
    expect(threads.futex.wake(WORD, 1)).toBe(1);
    await waiting[16];
    expect(threads.word(WORD)).toBe(7 | WAITERS);
    ours.release();
  });

  test("do not pass because the thread owns a recursive mutex", async () => {
    const threads = new Threads();
    const mutex = threads.mutex(7, { recursive: true });
    await mutex.acquireAsync();
    expect(mutex.tryAcquire()).toBeUndefined();
    expect(threads.mutex(7, { recursive: true }).tryAcquire()).toBeUndefined();
    expect(() => mutex.acquire()).toThrow(code("DEADLOCK"));
    let passed = false;
    const other = mutex.acquireAsync({ timeout: LONG }).then(() => (passed = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(passed).toBe(false);
    mutex.release();
    expect(await other).toBe(true);
    mutex.release();
    expect([threads.word(WORD), threads.word(DEPTH)]).toEqual([0, 0]);
  });
});

describe("a recursive mutex", () => {
  test("is free when it was released as often as it was acquired", () => {
    const threads = new Threads();
    const ours = threads.mutex(7, { recursive: true });
    const alsoOurs = threads.mutex(7, { recursive: true });
    const theirs = threads.mutex(9, { recursive: true });
    expect([ours.acquire(), ours.tryAcquire(), alsoOurs.acquire()]).toEqual([
      "acquired",
      "acquired",
      "acquired",
    ]);
    expect([ours.depth, alsoOurs.depth, threads.word(DEPTH)]).toEqual([2, 1, 2]);
    ours.release();
    ours.release();
    expect(() => ours.release()).toThrow(code("NOT_OWNER"));
    expect(theirs.tryAcquire()).toBeUndefined();
    alsoOurs.release();
    expect(theirs.tryAcquire()).toBe("acquired");
    expect(threads.word(DEPTH)).toBe(0);
    theirs.release();
    expect(ours.tryAcquire()).toBe("acquired");
    expect(ours.tryAcquire()).toBe("acquired");
    expect(ours.depth).toBe(2);
  });

  test("comes without the depth of an owner that died", () => {
    const threads = new Threads();
    const theirs = threads.mutex(9, { recursive: true });
    for (let round = 0; round < 5; round++) theirs.acquire();
    threads.kill(9);
    const ours = threads.mutex(7, { recursive: true });
    expect(ours.acquire()).toBe("owner-died");
    ours.release();
    expect([threads.word(WORD), threads.word(DEPTH)]).toEqual([0, 0]);
  });
});

describe("when the owner dies", () => {
  test.each([
    ["tryAcquire", (mutex: Mutex) => mutex.tryAcquire()],
    ["acquireAsync", async (mutex: Mutex) => mutex.acquireAsync({ timeout: LONG })],
  ])("the next one gets the mutex and is told: %s", async (_name, acquire) => {
    const threads = new Threads();
    threads.mutex(9).acquire();
    threads.kill(9);
    const ours = threads.mutex(7);
    expect(await acquire(ours)).toBe("owner-died");
    expect([threads.word(WORD), threads.word(OWNER), threads.word(OWNER_START)]).toEqual([7, 7, 1]);
    ours.release();
    expect(ours.tryAcquire()).toBe("acquired");
  });

  test("one who waits gets it, and only one", async () => {
    const threads = new Threads();
    threads.mutex(9).acquire();
    const mutexes = [threads.mutex(5), threads.mutex(6), threads.mutex(7)];
    const got: string[] = [];
    const waits = mutexes.map(async (mutex) => {
      got.push(await mutex.acquireAsync({ timeout: LONG }));
      await new Promise((resolve) => setTimeout(resolve, 5));
      mutex.release();
    });
    threads.kill(9);
    await Promise.all(waits);
    expect(got).toEqual(["owner-died", "acquired", "acquired"]);
  });

  test("between taking the word and writing down who it is", () => {
    const threads = new Threads();
    threads.futex.words[WORD] = 9;
    threads.futex.words[OWNER] = 8;
    threads.futex.words[OWNER_START] = 1;
    expect(threads.mutex(7).tryAcquire()).toBe("owner-died");
    // The same, and it lives: it has not come to write it down.
    threads.futex.words[WORD] = 9;
    threads.place(9);
    expect(threads.mutex(7).tryAcquire()).toBeUndefined();
  });

  test("and its number is another thread's by now", () => {
    const threads = new Threads();
    threads.mutex(9).acquire();
    threads.place(9, 2);
    expect(threads.mutex(7).tryAcquire()).toBe("owner-died");
  });

  test("and its number is ours by now", () => {
    const threads = new Threads();
    createMutex(threads.place(9, 1)).acquire();
    const ours = createMutex(threads.place(9, 2));
    expect([threads.word(WORD), threads.word(OWNER)]).toEqual([OWNER_DIED, 0]);
    expect(ours.acquire()).toBe("owner-died");
    expect(threads.mutex(7).tryAcquire()).toBeUndefined();
    // Also where the earlier one died before it wrote down who it was.
    threads.futex.words[OWNER] = 8;
    expect(createMutex(threads.place(9, 3)).acquire()).toBe("owner-died");
  });

  test("and the kernel has said so, as for robust mutexes of C", () => {
    const threads = new Threads();
    const ours = threads.mutex(7);
    threads.futex.words[WORD] = OWNER_DIED | WAITERS;
    expect([ours.isAcquired, ours.tryAcquire()]).toEqual([false, "owner-died"]);
    expect(threads.word(WORD)).toBe(7 | WAITERS);
    ours.release();
    expect([threads.word(WORD), ours.tryAcquire()]).toEqual([0, "acquired"]);
  });

  test("and nobody can say so, a wait has its limit", async () => {
    const threads = new Threads();
    const { memory, futex, offset } = threads.place(7);
    const [ours, theirs] = [7, 9].map((tid) =>
      createMutex({ memory, futex, offset, identity: { tid, startTime: 0 } }),
    );
    theirs?.acquire();
    await expect(ours?.acquireAsync({ timeout: 150 })).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});

describe("a hostile peer", () => {
  test.each([0x3fffffff, -1, 0x7fffffff, 0x40000001, 12345, 0x80000001 | 0])(
    "that writes %d into the word costs a wait, and no more",
    async (garbage) => {
      const threads = new Threads();
      const ours = threads.mutex(7);
      ours.acquire();
      Atomics.store(threads.futex.words, WORD, garbage);
      expect(() => ours.release()).toThrow(code("CORRUPT"));
      expect(() => ours.release()).toThrow(code("NOT_OWNER"));
      // No thread of that number lives.
      expect(await ours.acquireAsync({ timeout: LONG })).toBe("owner-died");
      ours.release();
    },
  );

  test("that frees the word, or names one that lives, is noticed or waited out", async () => {
    const threads = new Threads();
    const ours = threads.mutex(7);
    threads.mutex(9);
    ours.acquire();
    Atomics.store(threads.futex.words, WORD, 0);
    expect(() => ours.release()).toThrow(
      expect.objectContaining({
        code: "CORRUPT",
        message: 'Release the mutex at 64 of "shm": nobody owns it, though this handle had it',
      }),
    );
    Atomics.store(threads.futex.words, WORD, 9);
    await expect(ours.acquireAsync({ timeout: 20 })).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test.each([1, 7, -2, 0x7fffffff])("that writes the depth %d makes nobody own it", (garbage) => {
    const threads = new Threads();
    const [ours, theirs] = [threads.mutex(7, { recursive: true }), threads.mutex(9)];
    Atomics.store(threads.futex.words, DEPTH, garbage);
    ours.acquire();
    ours.acquire();
    ours.release();
    ours.release();
    expect([ours.depth, theirs.tryAcquire()]).toEqual([0, "acquired"]);
  });

  test("that changes the word all the time keeps nobody in a call for ever", async () => {
    const threads = new Threads();
    const ours = threads.mutex(7);
    threads.mutex(9);
    const stop = new AbortController();
    const storm = (async () => {
      for (let turn = 0; !stop.signal.aborted; turn++) {
        Atomics.store(threads.futex.words, WORD, 9 | (turn % 2 === 0 ? WAITERS : 0));
        threads.futex.wake(WORD, Infinity);
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await Promise.resolve();
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        if (turn % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
    })();
    await expect(ours.acquireAsync({ timeout: 100 })).rejects.toMatchObject({ code: "TIMEOUT" });
    stop.abort();
    await storm;
  });
});

describe("a word that changes before every sleep", () => {
  test("keeps no task from its limit, for a mutex", async () => {
    const threads = new Threads();
    threads.mutex(9).acquire();
    const ours = createMutex(restless(threads));
    await expect(ours.acquireAsync({ timeout: 50 })).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test("nor from its signal, for a read-write lock", async () => {
    const threads = new Threads();
    const place = { ...threads.place(9), offset: 128 };
    createReadWriteLock(place, { readers: 1 }).acquireWrite();
    const ours = createReadWriteLock({ ...restless(threads), offset: 128 }, { readers: 1 });
    const signal = AbortSignal.timeout(50);
    await expect(ours.acquireReadAsync({ timeout: LONG, signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
  });

  test("nor from its signal, for a condition that nobody signals", async () => {
    const threads = new Threads();
    const ours = threads.mutex(7);
    ours.acquire();
    const condition = createConditionVariable({ ...restless(threads), offset: 128 });
    const signal = AbortSignal.timeout(50);
    await expect(condition.waitAsync(ours, { timeout: LONG, signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
    expect(ours.depth).toBe(1);
  });
});

describe("after the memory was closed", () => {
  test("every call says so, and those who wait are told", async () => {
    const threads = new Threads();
    const [ours, theirs] = [threads.mutex(7), threads.mutex(9)];
    theirs.acquire();
    const waits = [ours, ours, theirs].map(async (mutex) => mutex.acquireAsync({ timeout: LONG }));
    threads.close();
    for (const wait of waits) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await expect(wait).rejects.toMatchObject({
        code: "CLOSED",
        message: 'Acquire the mutex at 64 of "shm": the memory is closed',
      });
    }
    expect(() => ours.tryAcquire()).toThrow(code("CLOSED"));
    expect(() => ours.acquire()).toThrow(code("CLOSED"));
    expect(() => theirs.release()).toThrow(code("CLOSED"));
    await expect(ours.acquireAsync()).rejects.toMatchObject({ code: "CLOSED" });
    expect([ours.isAcquired, ours.owner]).toEqual([false, 0]);
    expect(() => threads.mutex(8)).toThrow(code("CLOSED"));
  });
});

describe("a mutex is not placed", () => {
  const threads = new Threads();
  const place = threads.place(7);

  test.each([
    ["MISALIGNED", 4],
    ["MISALIGNED", 0.5],
    ["OUT_OF_RANGE", 248],
    ["OUT_OF_RANGE", -8],
    ["OUT_OF_RANGE", NaN],
  ])("%s: at %d", (expected, offset) => {
    expect(() => createMutex({ ...place, offset })).toThrow(code(expected));
  });

  test.each([0, -1, 2 ** 30, 1.5, NaN])("for a thread of number %d", (tid) => {
    const identity = { tid, startTime: 0 };
    expect(() => createMutex({ ...place, identity })).toThrow(code("INVALID_ARGUMENT"));
  });

  test.each([-1, 2 ** 32, 0.5])("for a thread that started at %d", (startTime) => {
    const identity = { tid: 1, startTime };
    expect(() => createMutex({ ...place, identity })).toThrow(code("INVALID_ARGUMENT"));
  });

  test("in device memory, or with the futex of other memory", () => {
    const buffer = new SharedArrayBuffer(64);
    const device = bufferMemory({ name: "tcm", physicalAddress: 0, buffer, kind: "device" });
    expect(() => createMutex({ ...place, memory: device })).toThrow(
      expect.objectContaining({
        code: "UNSUPPORTED",
        message: expect.stringContaining("device memory takes no atomic access"),
      }),
    );
    const other = bufferMemory({ name: "other", physicalAddress: 0, buffer });
    expect(() => createMutex({ ...place, memory: other, offset: 0 })).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: 'Place the mutex at 0 of "other": its futex is of "shm", which is other memory',
      }),
    );
  });
});
