import { type Clock, waitQueue, type WaitFor, type WaitQueue } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

interface Alarm {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that moves when it is told to. */
class StillClock implements Clock {
  readonly #alarms = new Set<Alarm>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void) {
    const alarm = { at: this.#now + milliseconds, callback };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  get pending(): number {
    return this.#alarms.size;
  }

  /** Lets time pass, one alarm after the other. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#alarms].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#alarms.delete(next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = end;
  }
}

interface Bench {
  readonly clock: StillClock;
  readonly queue: WaitQueue;
  /** Starts a wait and keeps how it ends: undefined while it goes on. */
  readonly start: (wait: Partial<WaitFor> & Pick<WaitFor, "look">) => { ended: string | undefined };
}

function bench(interval?: number): Bench {
  const clock = new StillClock();
  const queue = waitQueue({
    clock,
    error: (failure, what, cause) => new Error(`${what}: ${failure}`, { cause }),
    ...(interval === undefined ? {} : { interval }),
  });
  return {
    clock,
    queue,
    start(wait) {
      const state: { ended: string | undefined } = { ended: undefined };
      queue.wait({ what: "Wait", timeout: 1000, ...wait }).then(
        () => (state.ended = "done"),
        (error: unknown) => (state.ended = error instanceof Error ? error.message : String(error)),
      );
      return state;
    },
  };
}

/** A look that throws. */
function fail(reason: unknown): () => boolean {
  return () => {
    throw reason;
  };
}

/** Lets every promise that is settled call back. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe("a wait", () => {
  test("is over at once where the condition holds, without a timer", async () => {
    const { clock, start } = bench();
    const wait = start({ look: () => true, timeout: 0 });
    expect(clock.pending).toBe(0);
    await settle();
    expect(wait.ended).toBe("done");
  });

  test("is over at the wake after the condition holds, and not before", async () => {
    const { clock, queue, start } = bench();
    let ready = false;
    const wait = start({ look: () => ready });
    queue.wake();
    await settle();
    expect(wait.ended).toBeUndefined();
    ready = true;
    queue.wake();
    await settle();
    expect(wait.ended).toBe("done");
    expect(clock.pending).toBe(0);
  });

  test("looks every 10 ms when nobody wakes it", async () => {
    const { clock, start } = bench();
    const looks: number[] = [];
    const wait = start({ look: () => looks.push(clock.now()) > 4 });
    clock.advance(100);
    await settle();
    expect(looks).toEqual([0, 10, 20, 30, 40]);
    expect([wait.ended, clock.pending]).toEqual(["done", 0]);
  });

  test("looks at the interval that was asked for", () => {
    const { clock, start } = bench(3);
    const looks: number[] = [];
    start({ look: () => looks.push(clock.now()) > 2 });
    clock.advance(6);
    expect(looks).toEqual([0, 3, 6]);
  });

  test("fails when time is up, and not before", async () => {
    const { clock, start } = bench();
    const wait = start({ look: () => false, timeout: 25, what: "Wait for the remote" });
    clock.advance(24);
    await settle();
    expect(wait.ended).toBeUndefined();
    clock.advance(1);
    await settle();
    expect(wait.ended).toBe("Wait for the remote: TIMEOUT");
    expect(clock.pending).toBe(0);
  });

  test("looks a last time when time is up", async () => {
    const { clock, start } = bench();
    let ready = false;
    const wait = start({ look: () => ready, timeout: 5 });
    ready = true;
    clock.advance(5);
    await settle();
    expect(wait.ended).toBe("done");
  });

  test("does not look again once it is over", () => {
    const { clock, queue, start } = bench();
    let looks = 0;
    start({ look: () => ++looks === 2, timeout: 10 });
    queue.wake();
    queue.wake();
    clock.advance(100);
    expect(looks).toBe(2);
  });

  test("does not begin with a signal that has aborted", async () => {
    const { clock, start } = bench();
    let looks = 0;
    const wait = start({ look: () => ++looks > 0, signal: AbortSignal.abort() });
    await settle();
    expect([wait.ended, looks, clock.pending]).toEqual(["Wait: ABORTED", 0, 0]);
  });

  test("ends when its signal aborts, with the reason as cause", async () => {
    const { clock, queue } = bench();
    const abort = new AbortController();
    const wait = queue.wait({ look: () => false, what: "W", timeout: 9, signal: abort.signal });
    abort.abort("enough");
    await expect(wait).rejects.toMatchObject({ message: "W: ABORTED", cause: "enough" });
    expect(clock.pending).toBe(0);
  });

  test("leaves nothing on its signal", async () => {
    const { queue, start } = bench();
    const { signal } = new AbortController();
    let listening = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...values: Parameters<typeof add>) => {
      listening++;
      add(...values);
    };
    signal.removeEventListener = (...values: Parameters<typeof remove>) => {
      listening--;
      remove(...values);
    };
    let ready = false;
    start({ look: () => ready, signal });
    expect(listening).toBe(1);
    ready = true;
    queue.wake();
    await settle();
    expect(listening).toBe(0);
  });

  test("fails with what its look throws, at once or later, even undefined", async () => {
    const { clock, queue, start } = bench();
    const early = start({ look: fail(new Error("broken")) });
    let broken = false;
    const later = start({ look: () => broken && fail(new Error("broken later"))() });
    const nothing = start({ look: () => broken && fail(undefined)() });
    const other = start({ look: () => false });
    broken = true;
    queue.wake();
    await settle();
    expect([early.ended, later.ended, nothing.ended, other.ended]).toEqual([
      "broken",
      "broken later",
      "undefined",
      undefined,
    ]);
    expect(clock.pending).toBe(2);
  });
});

describe("a queue", () => {
  test("lets each waiter look for itself", async () => {
    const { queue, start } = bench();
    let free = 2;
    const waits = [1, 2, 3].map(() => start({ look: () => false }));
    const takers = [1, 2, 3].map(() => start({ look: () => free < 2 && free-- > 0 }));
    free = 1;
    queue.wake();
    await settle();
    expect(takers.map(({ ended }) => ended)).toEqual(["done", undefined, undefined]);
    expect(waits.map(({ ended }) => ended)).toEqual([undefined, undefined, undefined]);
  });

  test("looks once more where a look wakes it, and not without an end", async () => {
    const { queue, start } = bench();
    let looks = 0;
    const wait = start({
      look() {
        looks++;
        queue.wake();
        return looks === 4;
      },
    });
    queue.wake();
    expect(looks).toBe(3);
    queue.wake();
    await settle();
    expect([looks, wait.ended]).toEqual([4, "done"]);
  });

  test("serves a waiter that the look of a later one has helped", async () => {
    const { queue, start } = bench();
    let returned = false;
    let free = false;
    const first = start({ look: () => free });
    const second = start({
      look() {
        free = returned;
        if (free) queue.wake();
        return free;
      },
    });
    returned = true;
    queue.wake();
    await settle();
    expect([first.ended, second.ended]).toEqual(["done", "done"]);
  });

  test("rejects every waiter when it is closed, and every later one", async () => {
    const { clock, queue, start } = bench();
    const waits = [start({ look: () => false }), start({ look: () => false })];
    queue.close(new Error("stopped"));
    queue.close(new Error("stopped again"));
    const late = start({ look: () => true });
    await settle();
    expect([...waits, late].map(({ ended }) => ended)).toEqual(["stopped", "stopped", "stopped"]);
    expect(clock.pending).toBe(0);
  });

  test("looks again for a waiter that comes after the last one left", async () => {
    const { clock, start } = bench();
    start({ look: () => false, timeout: 5 });
    clock.advance(5);
    await settle();
    let ready = false;
    const second = start({ look: () => ready });
    ready = true;
    clock.advance(10);
    await settle();
    expect(second.ended).toBe("done");
  });
});
