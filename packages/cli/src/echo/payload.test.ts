import { expect, test } from "vitest";
import { echoPayload, equalBytes } from "./payload.ts";

test("payloads differ from message to message and hold no long run of one byte", () => {
  const payloads = Array.from({ length: 200 }, (_, sequence) => echoPayload(496, sequence));
  expect(new Set(payloads.map(String)).size).toBe(200);
  for (const payload of payloads) expect(new Set(payload).size).toBeGreaterThan(150);
});

test("the part behind the sequence number differs as well", () => {
  const tails = Array.from({ length: 200 }, (_, index) =>
    String(echoPayload(32, index).subarray(4)),
  );
  expect(new Set(tails).size).toBe(200);
});

test("a payload is the same each time, and as long as asked for", () => {
  expect(echoPayload(32, 7)).toEqual(echoPayload(32, 7));
  for (const size of [0, 1, 4, 5, 496]) expect(echoPayload(size, 3).length).toBe(size);
});

test("no sequence number makes a payload of zeros", () => {
  // The one whose mixed state would be 0, at which xorshift stays.
  expect(new Set(echoPayload(64, 0x9e3779b9).subarray(4)).size).toBeGreaterThan(10);
});

test("messages are equal where every byte is, and their lengths are", () => {
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
  expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false);
});
