import { expect, test } from "vitest";
import { futexWords } from "../futex/futex_words.ts";
import { futexWaitv } from "../futex/waitv.ts";
import { type Libc, loadLibc } from "./libc.ts";
import { LINUX } from "./linux.ts";

/** A C library whose sleeps fail, for the reasons given in turn and then for the last one. */
async function failing(...reasons: readonly number[]): Promise<Libc> {
  const libc = await loadLibc();
  let calls = 0;
  const fail = (): number => {
    calls++;
    return -1;
  };
  return {
    ...libc,
    futex: fail,
    futexWaitv: fail,
    errno: () => reasons[Math.min(calls, reasons.length) - 1] ?? 0,
  };
}

test("a sleep that fails for a reason that nobody expects ends early, and may be made again", async () => {
  const { ENOENT, EAGAIN } = LINUX;
  const words = futexWords(await failing(ENOENT, ENOENT, EAGAIN, ENOENT));
  const outcomes = [1, 2, 3, 4].map(() => words.wait(4096, 0, 1));
  expect(outcomes).toEqual(["timed-out", "timed-out", "not-equal", "timed-out"]);

  const waitv = futexWaitv(await failing(ENOENT, EAGAIN));
  expect([1, 2].map(() => waitv([{ address: 4096, expected: 0 }], 1))).toEqual([
    "timed-out",
    "not-equal",
  ]);
});

test("one that goes on failing for it throws in the end", async () => {
  const words = futexWords(await failing(LINUX.ENOENT));
  const sleepAlways = (): void => {
    for (let round = 0; round < 100; round++) words.wait(4096, 0, 1);
  };
  expect(sleepAlways).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  const waitv = futexWaitv(await failing(LINUX.EINVAL));
  const waitAlways = (): void => {
    for (let round = 0; round < 100; round++) waitv([{ address: 4096, expected: 0 }], 1);
  };
  expect(waitAlways).toThrow(expect.objectContaining({ code: "SYSTEM" }));
});
