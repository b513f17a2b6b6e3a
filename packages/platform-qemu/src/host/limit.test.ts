import { hostClock } from "@openamp/libmetal";
import { expect, test } from "vitest";
import { within } from "./limit.ts";

const never = (): Promise<never> => new Promise(() => {});
const failing = (): Promise<never> => Promise.reject(new RangeError("broken"));

test("passes a value and an error on", async () => {
  const limit = { clock: hostClock, timeout: 5000 };
  expect(await within("Wait", async () => 7, limit)).toBe(7);
  await expect(within("Wait", failing, limit)).rejects.toThrow(new RangeError("broken"));
});

test("ends at the timeout", async () => {
  await expect(within("Wait", never, { clock: hostClock, timeout: 5 })).rejects.toMatchObject({
    code: "TIMEOUT",
    message: "Wait: not done within 5 ms",
  });
});

test("ends by the signal, before or after it is given", async () => {
  const controller = new AbortController();
  const limit = { clock: hostClock, timeout: 5000, signal: controller.signal };
  const waiting = within("Wait", never, limit);
  controller.abort("enough");
  await expect(waiting).rejects.toMatchObject({ code: "ABORTED", cause: "enough" });
  await expect(within("Wait", never, limit)).rejects.toMatchObject({ code: "ABORTED" });
});

test("an equal limit within is not the first to be reached", async () => {
  const limit = { clock: hostClock, timeout: 5 };
  const inner = (): Promise<never> => within("Inner", never, limit);
  await expect(within("Outer", inner, limit)).rejects.toMatchObject({
    message: expect.stringContaining("Outer"),
  });
});
