import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";

import { type AtomicsDoorbell, atomicsDoorbell, DOORBELL_BYTES } from "./atomics_doorbell.ts";

function line() {
  const words = new Int32Array(new SharedArrayBuffer(DOORBELL_BYTES));
  return { words, host: atomicsDoorbell(words, 0), remote: atomicsDoorbell(words, 1) };
}

/** Resolves at the next ring. */
function nextRing(doorbell: AtomicsDoorbell): Promise<number | undefined> {
  return new Promise((resolve) => {
    const listening = doorbell.listen((id) => {
      listening[Symbol.dispose]();
      resolve(id);
    });
  });
}

describe("an atomicsDoorbell", () => {
  test("is heard on the other side, without an id, both ways, again and again", async () => {
    const { host, remote } = line();
    for (let round = 0; round < 50; round++) {
      const heard = nextRing(remote);
      host.ring(7);
      expect(await heard).toBeUndefined();
      const back = nextRing(host);
      remote.ring(7);
      await back;
    }
    host[Symbol.dispose]();
    remote[Symbol.dispose]();
  });

  test("merges rings of one turn into one", async () => {
    const { host, remote } = line();
    let count = 0;
    remote.listen(() => count++);
    const heard = nextRing(remote);
    for (let ring = 0; ring < 10; ring++) host.ring(0);
    await heard;
    const more = nextRing(remote);
    host.ring(0);
    await more;
    expect(count).toBe(2);
    host[Symbol.dispose]();
    remote[Symbol.dispose]();
  });

  test("hears a ring that was made while it was told of another", async () => {
    const { host, remote } = line();
    let count = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    remote.listen(() => {
      if (++count === 1) host.ring(0);
      else resolve();
    });
    host.ring(0);
    await promise;
    expect(count).toBe(2);
    host[Symbol.dispose]();
    remote[Symbol.dispose]();
  });

  test("T24: leaves the event loop its turns while the peer rings without a pause", async () => {
    const { host, remote } = line();
    const storm = 100_000;
    let count = 0;
    // By the time that one ring was heard, there is always another.
    remote.listen(() => {
      if (++count < storm) host.ring(0);
    });
    const heard = nextRing(remote);
    host.ring(0);
    await heard;
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThan(storm);
    host[Symbol.dispose]();
    remote[Symbol.dispose]();
  });

  test("takes a wake without a ring for none, and waits on", async () => {
    const { words, host, remote } = line();
    let count = 0;
    remote.listen(() => count++);
    Atomics.notify(words, 1);
    // A ring of our own comes after that wake.
    const back = nextRing(host);
    remote.ring(0);
    await back;
    expect(count).toBe(0);
    const heard = nextRing(remote);
    host.ring(0);
    await heard;
    expect(count).toBe(1);
    host[Symbol.dispose]();
    remote[Symbol.dispose]();
  });

  test("does not hear what was rung before it was made", async () => {
    const { words, host, remote } = line();
    remote[Symbol.dispose]();
    host.ring(0);
    const later = atomicsDoorbell(words, 1);
    let count = 0;
    later.listen(() => count++);
    const heard = nextRing(later);
    host.ring(0);
    await heard;
    expect(count).toBe(1);
    host[Symbol.dispose]();
    later[Symbol.dispose]();
  });

  test("calls nobody once it is disposed of, and leaves no waiter", async () => {
    const { words, host, remote } = line();
    let count = 0;
    remote.listen(() => count++);
    host.ring(0);
    remote[Symbol.dispose]();
    remote[Symbol.dispose]();
    // Its wake, if any, comes before this one.
    const back = nextRing(host);
    host.ring(0);
    remote.ring(0);
    await back;
    expect(count).toBe(0);
    host[Symbol.dispose]();
    expect([Atomics.notify(words, 0), Atomics.notify(words, 1)]).toEqual([0, 0]);
  });
});
