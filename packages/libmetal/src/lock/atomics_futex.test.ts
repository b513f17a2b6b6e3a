import { atomicsFutex, bufferMemory, type Futex } from "@openamp/libmetal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** No sleep of a test that is woken takes as long. */
const LONG = 20_000;

function over(buffer: ArrayBufferLike, closed?: AbortSignal): Futex {
  return atomicsFutex(
    bufferMemory({ name: "shm", physicalAddress: 0, buffer, ...(closed && { closed }) }),
  );
}

/** What every engine has, and what is left without `Atomics.waitAsync`. */
describe.each([true, false])("an asynchronous sleep, with Atomics.waitAsync: %s", (native) => {
  const { waitAsync } = Atomics;
  beforeEach(() => {
    if (!native) Reflect.deleteProperty(Atomics, "waitAsync");
  });
  afterEach(() => void Object.assign(Atomics, { waitAsync }));

  test("ends when the word is changed and its sleepers are woken", async () => {
    const futex = over(new SharedArrayBuffer(64));
    const sleep = futex.waitAsync(3, 0, { timeout: LONG });
    Atomics.store(futex.words, 3, 1);
    futex.wake(3, 1);
    expect(await sleep).toBe("ok");
  });

  test("does not begin where the word is another", async () => {
    const futex = over(new SharedArrayBuffer(64));
    futex.words[3] = -1;
    expect(await futex.waitAsync(3, 0, { timeout: LONG })).toBe("not-equal");
  });

  test("ends when its time is up, and not before", async () => {
    const futex = over(new SharedArrayBuffer(64));
    const start = performance.now();
    expect(await futex.waitAsync(3, 0, { timeout: 30 })).toBe("timed-out");
    // A timer may come up to a millisecond early.
    expect(performance.now() - start).toBeGreaterThan(28);
    expect(await futex.waitAsync(3, 0, { timeout: 0 })).toBe("timed-out");
  });

  test("ends with its signal", async () => {
    const futex = over(new SharedArrayBuffer(64));
    const abort = new AbortController();
    const sleep = futex.waitAsync(3, 0, { timeout: LONG, signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(sleep).rejects.toMatchObject({
      code: "ABORTED",
      message: 'Wait for word 3 of "shm": aborted',
      cause: { message: "enough" },
    });
    const { signal } = abort;
    await expect(futex.waitAsync(3, 0, { timeout: LONG, signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
  });

  test("ends with the memory, and none begins after that", async () => {
    const end = new AbortController();
    const futex = over(new SharedArrayBuffer(64), end.signal);
    const sleeps = [1, 2].map(async (index) => futex.waitAsync(index, 0, { timeout: LONG }));
    expect(futex.closed).toBe(false);
    end.abort();
    expect(futex.closed).toBe(true);
    for (const sleep of sleeps) await expect(sleep).rejects.toMatchObject({ code: "CLOSED" });
    await expect(futex.waitAsync(0, 0, { timeout: 0 })).rejects.toMatchObject({ code: "CLOSED" });
    expect(() => futex.wake(0, 1)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect(() => futex.wait(0, 0, 0)).toThrow(expect.objectContaining({ code: "CLOSED" }));
  });

  test("leaves the event loop its turns", async () => {
    const futex = over(new SharedArrayBuffer(64));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await futex.waitAsync(3, 0, { timeout: 200 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });
});

test("a wake that reaches an aborted sleep goes to the next sleeper", async () => {
  const futex = over(new SharedArrayBuffer(64));
  const abort = new AbortController();
  const first = futex.waitAsync(3, 0, { timeout: LONG, signal: abort.signal });
  const second = futex.waitAsync(3, 0, { timeout: LONG });
  abort.abort();
  await expect(first).rejects.toMatchObject({ code: "ABORTED" });
  futex.wake(3, 1);
  expect(await second).toBe("ok");
});

test("as many are woken as is said", async () => {
  const futex = over(new SharedArrayBuffer(64));
  const sleeps = [1, 2, 3].map(async () => futex.waitAsync(3, 0, { timeout: 100 }));
  expect(futex.wake(3, 2)).toBe(2);
  expect(await Promise.all(sleeps)).toEqual(["ok", "ok", "timed-out"]);
});

test("the words are those of the memory", () => {
  const buffer = new SharedArrayBuffer(64);
  const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer, byteOffset: 16 });
  const futex = atomicsFutex(memory);
  memory.write32(4, 7);
  expect([futex.name, futex.words.length, futex.words[1]]).toEqual(["shm", 12, 7]);
  expect(atomicsFutex(buffer).words[5]).toBe(7);
});

test.each([16, -1, 0.5, NaN])("word %d is refused", async (index) => {
  const futex = over(new SharedArrayBuffer(64));
  const refusal = { code: "OUT_OF_RANGE", message: expect.stringContaining("it has 16 words") };
  expect(() => futex.wait(index, 0, 0)).toThrow(expect.objectContaining(refusal));
  expect(() => futex.wake(index, 1)).toThrow(expect.objectContaining(refusal));
  await expect(futex.waitAsync(index, 0, { timeout: 0 })).rejects.toMatchObject(refusal);
});

test.each([-1, NaN])("a timeout of %d is refused", async (timeout) => {
  const futex = over(new SharedArrayBuffer(64));
  const refusal = { code: "INVALID_ARGUMENT" };
  expect(() => futex.wait(0, 0, timeout)).toThrow(expect.objectContaining(refusal));
  await expect(futex.waitAsync(0, 0, { timeout })).rejects.toMatchObject(refusal);
});

test("bytes that are not shared between Workers, and device memory, are refused", () => {
  expect(() => over(new ArrayBuffer(64))).toThrow(
    expect.objectContaining({
      code: "UNSUPPORTED",
      message: expect.stringContaining("its bytes are no SharedArrayBuffer"),
    }),
  );
  const buffer = new SharedArrayBuffer(64);
  const device = bufferMemory({ name: "tcm", physicalAddress: 0, buffer, kind: "device" });
  expect(() => atomicsFutex(device)).toThrow(
    expect.objectContaining({
      code: "UNSUPPORTED",
      message: expect.stringContaining("it is device memory"),
    }),
  );
});
