import { readFile } from "node:fs/promises";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { type Eventfd, openEventfd, watchReadable } from "@openamp/libmetal/system";
import { describe, expect, test } from "vitest";
import { count } from "../../../../../tools/counts.ts";
import { eventually } from "../../../fixtures/eventually.ts";
import { type OtherProcess, startModule } from "../../../fixtures/other_process.ts";
import { thisRuntime } from "../../../fixtures/this_runtime.ts";
import { catchUncaught } from "../../../fixtures/uncaught.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";

/** A pipe: what is written into the second can be read from the first. */
function pipe(libc: Libc): { readonly from: number; readonly into: number } {
  const pair = new Int32Array(2);
  expect(libc.pipe2(new Uint8Array(pair.buffer), LINUX.O_CLOEXEC | LINUX.O_NONBLOCK)).toBe(0);
  const [from = -1, into = -1] = pair;
  return { from, into };
}

/** A program that watches, and does then what it is told. */
function start(way: string): OtherProcess {
  return startModule(thisRuntime, "./watch_program.ts", [way]);
}

/** Keeps what was told, and reads the counter. */
async function follow(counter: Eventfd) {
  const told: string[] = [];
  let total = 0;
  const watch = await watchReadable(counter.descriptor, (event) => {
    told.push(event);
    total += counter.take();
  });
  return {
    told,
    total: () => total,
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

describe("watchReadable", () => {
  test("calls back for each write, also for the one before it was called", async () => {
    using counter = await openEventfd();
    counter.add(1);
    using following = await follow(counter);
    for (let expected = 1; expected <= 50; expected++) {
      await eventually(() => following.total() === expected, `Ring ${expected}`);
      counter.add(1);
    }
    expect(following.told.every((event) => event === "readable")).toBe(true);
  });

  test("T24: does not call again while a callback has not returned, and leaves turns between", async () => {
    using counter = await openEventfd();
    counter.add(1);
    const limit = 200;
    let calls = 0;
    let isInside = false;
    let turns = 0;
    // It reads nothing: there is always something to tell.
    using watch = await watchReadable(counter.descriptor, () => {
      if (isInside) throw new Error("Called while it was called");
      isInside = true;
      calls++;
      isInside = false;
    });
    const enough = (): boolean => calls >= limit;
    for (; !enough(); turns++) await setImmediate();
    watch[Symbol.dispose]();
    expect(turns).toBeGreaterThanOrEqual(limit / 4);
  });

  test("does not queue up what a late program has not heard", async () => {
    using counter = await openEventfd();
    using following = await follow(counter);
    await eventually(() => (counter.add(1), following.total() > 0), "A first ring");
    const before = following.told.length;
    // The program is late: it has no turn of the event loop meanwhile.
    const end = performance.now() + 100;
    while (performance.now() < end) counter.add(1);
    const rung = following.total();
    await eventually(() => following.total() > rung, "The rings");
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    expect(following.told.length - before).toBeLessThanOrEqual(2);
  });

  test("tells once that the other end is closed, with what is left to read", async () => {
    const libc = await loadLibc();
    const { from, into } = pipe(libc);
    const told: string[] = [];
    const bytes = new Uint8Array(16);
    using _watch = await watchReadable(from, (event) => {
      told.push(`${event} ${libc.read(from, bytes, bytes.length)}`);
    });
    libc.write(into, bytes, 5);
    libc.close(into);
    await eventually(() => told.some((line) => line.startsWith("hang-up")), "The hang-up");
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    expect(told.filter((line) => line.startsWith("hang-up"))).toHaveLength(1);
    expect(told.some((line) => line.endsWith(" 5"))).toBe(true);
    libc.close(from);
  });

  test("tells nothing once the watch is disposed of, not even what was on its way", async () => {
    using counter = await openEventfd();
    using other = await openEventfd();
    using others = await follow(other);
    for (let round = 0; round < count("watches disposed of in a race"); round++) {
      let isOver = false;
      const late: number[] = [];
      const watch = await watchReadable(counter.descriptor, () => {
        if (isOver) late.push(round);
      });
      counter.add(1);
      // The Worker gets as long as the other descriptor takes to be told of, in every second round.
      if (round % 2 === 0) {
        const heard = others.total();
        other.add(1);
        await eventually(() => others.total() > heard, "The other");
      }
      isOver = true;
      watch[Symbol.dispose]();
      await setImmediate();
      expect(late).toEqual([]);
    }
  });

  test("takes a number that was closed and used again for another file", async () => {
    const libc = await loadLibc();
    for (let round = 0; round < 20; round++) {
      const first = await openEventfd();
      const told: string[] = [];
      const watch = await watchReadable(first.descriptor, () => told.push("first"));
      first.add(1);
      watch[Symbol.dispose]();
      const number = first.release();
      libc.close(number);
      using second = await openEventfd();
      expect(second.descriptor).toBe(number);
      using _watch = await watchReadable(number, () => told.push(`second ${second.take()}`));
      second.add(7);
      await eventually(() => told.length > 0, "The second");
      expect(told).toEqual(["second 7"]);
    }
  });

  test("survives an owner that closes before it disposes, and harms no later watch", async () => {
    const libc = await loadLibc();
    const first = await openEventfd();
    const number = first.descriptor;
    const watch = await watchReadable(number, () => {
      throw new Error("Nobody has written");
    });
    first.close();
    using second = await openEventfd();
    expect(second.descriptor).toBe(number);
    using following = await follow(second);
    watch[Symbol.dispose]();
    second.add(1);
    await eventually(() => following.total() === 1, "The second");
    expect(libc.fcntl(number, LINUX.F_GETFL, 0)).not.toBe(-1);
  });

  test("watches on after a callback that throws, and calls the others", async () => {
    using first = await openEventfd();
    using second = await openEventfd();
    using following = await follow(second);
    const caught: unknown[] = [];
    const restore = catchUncaught((error) => caught.push(error));
    try {
      let calls = 0;
      using _watch = await watchReadable(first.descriptor, () => {
        first.take();
        calls++;
        throw new Error(`Call ${calls}`);
      });
      for (let round = 1; round <= 3; round++) {
        first.add(1);
        second.add(1);
        await eventually(() => calls === round && following.total() === round, `Round ${round}`);
      }
      await eventually(() => caught.length === 3, "The errors");
      expect(caught.map(String)).toEqual(["Error: Call 1", "Error: Call 2", "Error: Call 3"]);
    } finally {
      restore();
    }
  });

  test("watches hundreds of descriptors at once, and takes no thread of the runtime's pool", async () => {
    const many = 400;
    const counters = await Promise.all(Array.from({ length: many }, openEventfd));
    const followings = await Promise.all(counters.map(follow));
    // Four that wait in the pool, as its size is, would hold this up for ever.
    for (let read = 0; read < 20; read++) {
      expect((await readFile(new URL(import.meta.url))).length).toBeGreaterThan(0);
    }
    for (const counter of counters) counter.add(3);
    await eventually(() => followings.every(({ total }) => total() === 3), "All of them");
    for (const following of followings) following[Symbol.dispose]();
    for (const counter of counters) counter.close();
  });

  test("refuses what cannot be watched, in a sentence", async () => {
    using counter = await openEventfd();
    using _following = await follow(counter);
    await expect(watchReadable(counter.descriptor, () => {})).rejects.toMatchObject({
      code: "EXISTS",
      message: `Watch descriptor ${counter.descriptor}: it is watched for that already`,
    });
    await expect(watchReadable(0.5, () => {})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(watchReadable(-1, () => {})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(watchReadable(1_000_000, () => {})).rejects.toMatchObject({
      code: "CLOSED",
      message: "Watch descriptor 1000000: it is not open",
    });
    const libc = await loadLibc();
    const path = new TextEncoder().encode("/proc/self/exe\0");
    const file = libc.open(path, LINUX.O_CLOEXEC, 0);
    await expect(watchReadable(file, () => {})).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: `Watch descriptor ${file}: a file or directory is always ready, and there is nothing to wait for`,
    });
    libc.close(file);
  });
});

describe("a program that watches", () => {
  test("keeps no Worker and no descriptor when it watches no more, and ends", async () => {
    await using child = start("leaves nothing");
    expect(await child.line()).toBe("nothing is left");
    expect(await child.exit).toBe(0);
  });

  test("takes no time of the processor while nothing happens", async () => {
    await using child = start("idles");
    // Milliseconds in a second: a thread that spins takes a thousand.
    expect(Number(await child.line())).toBeLessThan(250);
    expect(await child.exit).toBe(0);
  });

  test("ends by itself where no watch is to keep it alive, and else does not", async () => {
    await using ends = start("ends");
    expect(await ends.line()).toBe("watching");
    expect(await ends.exit).toBe(0);
    await using stays = start("stays");
    expect(await stays.line()).toBe("watching");
    const first = await Promise.race([stays.exit, sleep(300, "still there")]);
    expect(first).toBe("still there");
  });

  test("ends when it calls exit, while its Worker sleeps", async () => {
    await using child = start("exits");
    expect(await child.exit).toBe(7);
  });

  test("can terminate a Worker of its own that watches", async () => {
    await using child = start("terminates its Worker");
    expect(await child.line()).toBe("terminated");
    expect(await child.exit).toBe(0);
  });
});
