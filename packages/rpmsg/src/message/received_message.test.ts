import { bufferMemory, type Memory } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

import { ReceivedMessage } from "./received_message.ts";

interface Received {
  readonly message: ReceivedMessage;
  readonly released: readonly number[];
  readonly memory: Memory;
}

/** A message of the bytes 16, 17, … in a memory in which each byte is its offset. */
function received(length = 16): Received {
  const buffer = new SharedArrayBuffer(64);
  const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer });
  for (let at = 0; at < 64; at++) memory.write8(at, at);
  const released: number[] = [];
  const message = new ReceivedMessage(memory.words, (_message, token) => released.push(token));
  message.begin(memory.words, 16, length, 1030, 1024, 7);
  return { message, released, memory };
}

const isGone = expect.objectContaining({ code: "RELEASED" });

test("fields and bytes are those of the payload", () => {
  const { message } = received(4);
  expect([message.length, message.source, message.destination]).toEqual([4, 1030, 1024]);
  expect([...message.bytes]).toEqual([16, 17, 18, 19]);
});

test("reads at any offset, aligned or not, are little-endian", () => {
  const { message } = received();
  for (let offset = 0; offset <= 12; offset++) {
    const at = 16 + offset;
    const low = at + (at + 1) * 2 ** 8;
    expect(message.getUint8(offset)).toBe(at);
    expect(message.getUint16(offset)).toBe(low);
    expect(message.getUint32(offset)).toBe(low + (at + 2) * 2 ** 16 + (at + 3) * 2 ** 24);
  }
});

test("the largest 32-bit value is read as a positive number, aligned or not", () => {
  const { message, memory } = received();
  memory.setBlock(16, 0xff, 16);
  expect([message.getUint32(0), message.getUint32(1)]).toEqual([0xffffffff, 0xffffffff]);
});

test("no read reaches beyond the payload", () => {
  const { message } = received(5);
  const reads: readonly ((offset: number) => number)[] = [
    (offset) => message.getUint8(offset),
    (offset) => message.getUint16(offset),
    (offset) => message.getUint32(offset),
  ];
  for (const [shift, read] of reads.entries()) {
    const width = 1 << shift;
    expect(() => read(5 - width)).not.toThrow();
    for (const offset of [6 - width, 5, -1, Number.NaN, 2 ** 32]) {
      expect(() => read(offset), `${width} bytes at ${offset}`).toThrow(RangeError);
    }
  }
});

test("copyTo copies the payload and nothing else, or refuses", () => {
  const { message } = received(3);
  const target = new Uint8Array(5).fill(9);
  expect(message.copyTo(target, 1)).toBe(3);
  expect([...target]).toEqual([9, 16, 17, 18, 9]);
  for (const offset of [3, -1, Number.NaN]) {
    expect(() => message.copyTo(target, offset)).toThrow(RangeError);
  }
  expect(() => message.copyTo(new Uint8Array(2))).toThrow(RangeError);
});

describe("a message that is gone", () => {
  const uses: readonly ((message: ReceivedMessage) => unknown)[] = [
    (message) => message.length,
    (message) => message.source,
    (message) => message.destination,
    (message) => message.bytes,
    (message) => message.copyTo(new Uint8Array(64)),
    (message) => message.getUint8(0),
    (message) => message.getUint16(0),
    (message) => message.getUint32(0),
    (message) => message.hold(),
    (message) => message.release(),
  ];
  const ways: Readonly<Record<string, (message: ReceivedMessage) => void>> = {
    "its handler returned": (message) => message.end(),
    "it was released": (message) => message.hold().release(),
    "the device is gone": (message) => message.revoke(),
    "the device went while it was held": (message) => {
      message.hold();
      message.revoke();
    },
  };

  test.each(Object.entries(ways))("%s: every use throws", (_way, end) => {
    for (const use of uses) {
      const { message } = received();
      end(message);
      expect(() => use(message)).toThrow(isGone);
      message[Symbol.dispose]();
    }
  });
});

test("a held message outlives its handler and gives its buffer back once", () => {
  const { message, released } = received();
  const held = message.hold();
  expect(message.end()).toBe("held");
  expect(held.getUint8(0)).toBe(16);
  held.release();
  expect(released).toEqual([7]);
  expect(() => held.release()).toThrow(isGone);
  held[Symbol.dispose]();
  expect(released).toEqual([7]);
});

test("a message that is not held cannot be released", () => {
  const { message, released } = received();
  expect(() => message.release()).toThrow(isGone);
  expect(message.end()).toBe("done");
  expect(released).toEqual([]);
});

test("the end tells what became of the buffer", () => {
  const handlers: readonly ((message: ReceivedMessage) => void)[] = [
    () => undefined,
    (message) => void message.hold(),
    (message) => message.hold().release(),
    (message) => message.revoke(),
  ];
  const ends = handlers.map((handler) => {
    const { message } = received();
    handler(message);
    return message.end();
  });
  expect(ends).toEqual(["done", "held", "released", "revoked"]);
});
