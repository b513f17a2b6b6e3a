import { atomicsFutex, type FutexDoorbell, futexDoorbell, nextTurn } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { hear } from "../../fixtures/heard.ts";
import { startWorker } from "../../fixtures/portable_worker.ts";

interface Line extends Disposable {
  readonly words: Int32Array;
  readonly host: FutexDoorbell;
  readonly remote: FutexDoorbell;
}

function line(spins = 0): Line {
  const futex = atomicsFutex(new SharedArrayBuffer(64));
  const host = futexDoorbell({ futex, own: 3, peer: 5, spins });
  const remote = futexDoorbell({ futex, own: 5, peer: 3, spins });
  return {
    words: futex.words,
    host,
    remote,
    [Symbol.dispose]() {
      host[Symbol.dispose]();
      remote[Symbol.dispose]();
    },
  };
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => nextTurn(resolve));
}

describe.each([0, 1000])("a futexDoorbell that looks %i times before it sleeps", (spins) => {
  test("is heard on the other side, both ways, again and again", async () => {
    using both = line(spins);
    using host = hear(both.host);
    using remote = hear(both.remote);
    for (let round = 1; round <= 50; round++) {
      both.host.ring(7);
      await remote.reach(round);
      both.remote.ring(7);
      await host.reach(round);
    }
    expect([host.ids.length, remote.ids.length]).toEqual([50, 50]);
  });

  test("merges the rings of a turn, and hears one that comes while it tells of another", async () => {
    using both = line(spins);
    using remote = hear(both.remote);
    for (let ring = 0; ring < 10; ring++) both.host.ring(0);
    await remote.reach(1);
    await turn();
    expect(remote.ids.length).toBe(1);
    let again = true;
    using _listening = both.remote.listen(() => {
      if (again) both.host.ring(0);
      again = false;
    });
    both.host.ring(0);
    await remote.reach(3);
  });

  test("T24: leaves the event loop its turns while the peer rings without a pause", async () => {
    using both = line(spins);
    using remote = hear(both.remote);
    using _listening = both.remote.listen(() => both.host.ring(0));
    both.host.ring(0);
    await remote.reach(1);
    for (let turns = 0; turns < 100; turns++) {
      const before = remote.ids.length;
      await turn();
      // A wake and a look may both fall into one turn.
      expect(remote.ids.length - before).toBeLessThanOrEqual(2);
    }
    expect(remote.ids.length).toBeGreaterThan(1);
  });

  test("T24: takes whatever the peer writes for one ring a turn at the most", async () => {
    using both = line(spins);
    using remote = hear(both.remote);
    await turn();
    for (let turns = 0; turns < 100; turns++) {
      for (const garbage of [-1, 0x7fffffff, 0, turns]) Atomics.store(both.words, 5, garbage);
      Atomics.notify(both.words, 5);
      await turn();
    }
    expect(remote.ids.length).toBeLessThanOrEqual(200);
    const before = remote.ids.length;
    both.host.ring(0);
    await remote.reach(before + 1);
  });
});

describe("a futexDoorbell", () => {
  test("takes a wake without a ring for none, and waits on", async () => {
    using both = line();
    using remote = hear(both.remote);
    using host = hear(both.host);
    await turn();
    Atomics.notify(both.words, 5);
    both.remote.ring(0);
    await host.reach(1);
    expect(remote.ids.length).toBe(0);
    both.host.ring(0);
    await remote.reach(1);
  });

  test("hears what was rung before anybody listened, but not before it was made", async () => {
    using both = line();
    both.host.ring(0);
    using remote = hear(both.remote);
    await remote.reach(1);
    both.host.ring(0);
    await remote.reach(2);
    const later = futexDoorbell({ futex: atomicsFutex(sharedOf(both.words)), own: 5, peer: 3 });
    using follower = hear(later);
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(follower.ids.length).toBe(0);
    later[Symbol.dispose]();
  });

  test("sleeps only while somebody listens, and leaves no sleeper", async () => {
    using both = line();
    await turn();
    expect(Atomics.notify(both.words, 5)).toBe(0);
    const first = hear(both.remote);
    const second = hear(both.remote);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    both.host.ring(0);
    await second.reach(1);
    second[Symbol.dispose]();
    expect(Atomics.notify(both.words, 5)).toBe(0);
    expect(first.ids.length).toBe(0);
    using third = hear(both.remote);
    both.host.ring(0);
    await third.reach(1);
    both.remote[Symbol.dispose]();
    both.host.ring(0);
    for (let turns = 0; turns < 5; turns++) await turn();
    expect([third.ids.length, Atomics.notify(both.words, 5)]).toEqual([1, 0]);
  });

  test("sleeps once, however often the listeners come and go", async () => {
    using both = line();
    for (let round = 1; round <= 20; round++) {
      const heard = new Promise<void>((resolve) => {
        const listening = both.remote.listen(() => {
          listening[Symbol.dispose]();
          resolve();
        });
      });
      both.host.ring(0);
      await heard;
    }
    using _remote = hear(both.remote);
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(Atomics.notify(both.words, 5)).toBe(1);
  });

  test("refuses words that are not there, and endless looks", () => {
    const futex = atomicsFutex(new SharedArrayBuffer(8));
    for (const wrong of [-1, 2, 0.5, Number.NaN]) {
      expect(() => futexDoorbell({ futex, own: wrong, peer: 0 })).toThrow(
        expect.objectContaining({
          code: "OUT_OF_RANGE",
          message: `Make a doorbell of word ${wrong} of "a shared buffer": it has 2 words`,
        }),
      );
    }
    for (const spins of [-1, 0.5, Infinity, 10_000_001]) {
      expect(() => futexDoorbell({ futex, own: 0, peer: 1, spins })).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: `Make a doorbell over "a shared buffer": ${spins} looks are not within 0 to 10000000`,
        }),
      );
    }
  });

  test.each([0, 1000])("blocks a Worker until it is rung, with %i looks", async (spins) => {
    using worker = startWorker(new URL("../../fixtures/doorbell_worker.ts", import.meta.url));
    const shared = new SharedArrayBuffer(8);
    using doorbell = futexDoorbell({ futex: atomicsFutex(shared), own: 0, peer: 1 });
    using rings = hear(doorbell);
    worker.post({ shared, spins });
    expect(await worker.receive()).toBe("up");
    for (let round = 1; round <= 20; round++) {
      doorbell.ring(0);
      await rings.reach(round);
    }
    // It rings no more by itself: the Worker tells that its wait ended without a ring.
    doorbell.ring(0);
    expect(await worker.receive()).toBe("nothing within 10 ms");
  });
});

function sharedOf(words: Int32Array): SharedArrayBuffer {
  const { buffer } = words;
  if (buffer instanceof SharedArrayBuffer) return buffer;
  throw new TypeError("The words are shared");
}
