import { expect, test } from "vitest";
import type { Partner } from "../../fixtures/futex_partner.ts";
import { startWorker } from "../../fixtures/portable_worker.ts";

const PARTNER = new URL("../../fixtures/futex_partner.ts", import.meta.url);

test("two Workers sleep and wake each other over one SharedArrayBuffer", async () => {
  const buffer = new SharedArrayBuffer(4);
  using even = startWorker(PARTNER);
  using odd = startWorker(PARTNER);
  even.post({ buffer, parity: 0, turns: 1000 } satisfies Partner);
  odd.post({ buffer, parity: 1, turns: 1000 } satisfies Partner);
  expect(await Promise.all([even.receive(), odd.receive()])).toEqual(["done", "done"]);
  expect(new Int32Array(buffer)[0]).toBe(1000);
});

test("this thread and a Worker wake each other, and this one does not block", async () => {
  const buffer = new SharedArrayBuffer(4);
  const words = new Int32Array(buffer);
  using odd = startWorker(PARTNER);
  odd.post({ buffer, parity: 1, turns: 100 } satisfies Partner);
  for (let turn = 0; turn < 100; turn += 2) {
    for (let word = Atomics.load(words, 0); word !== turn; word = Atomics.load(words, 0)) {
      const { value } = Atomics.waitAsync(words, 0, word, 20_000);
      expect(await value).not.toBe("timed-out");
    }
    Atomics.store(words, 0, turn + 1);
    Atomics.notify(words, 0);
  }
  expect(await odd.receive()).toBe("done");
});

test("the main thread may block, but for that of a page", () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const sleep = (): string => {
    try {
      return Atomics.wait(words, 0, 0, 0);
    } catch (error) {
      return error instanceof TypeError ? "refused" : "failed";
    }
  };
  expect(sleep()).toBe("document" in globalThis ? "refused" : "timed-out");
});

test("an error in a Worker reaches its test", async () => {
  using partner = startWorker(PARTNER);
  partner.post(undefined);
  await expect(partner.receive()).rejects.toThrow("An error ended the Worker");
});
