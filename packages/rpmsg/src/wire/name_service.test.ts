import {
  decodeNameService,
  encodeNameService,
  isServiceName,
  RPMSG_NS_MESSAGE_SIZE,
} from "@openamp/rpmsg/wire";
import { assert, boolean, integer, nat, property, string, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";

const text = new TextEncoder();

/** The message with these bytes at its start. */
function named(start: Uint8Array): Uint8Array {
  const bytes = encodeNameService("x", 0x400, false);
  bytes.fill(0, 0, 32);
  bytes.set(start);
  return bytes;
}

test("the message byte by byte", () => {
  const bytes = encodeNameService("rpmsg-tty", 0x12345678, true);
  const expected = new Uint8Array(40);
  expected.set(text.encode("rpmsg-tty"));
  expected.set([0x78, 0x56, 0x34, 0x12, 1, 0, 0, 0], 32);
  expect(bytes).toEqual(expected);
});

test("what is written is read, for every name that the wire can carry", () => {
  const printable = integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
  const name = string({ unit: printable, minLength: 1, maxLength: 31 }).filter(isServiceName);
  assert(
    property(name, nat({ max: 0xffffffff }), boolean(), (service, address, destroy) => {
      const bytes = encodeNameService(service, address, destroy);
      expect(decodeNameService(bytes)).toEqual({ name: service, address, destroy });
    }),
  );
});

test.each([
  ["", false],
  ["a", true],
  ["x".repeat(31), true],
  ["x".repeat(32), false],
  ["two words", true],
  [" leading", false],
  ["trailing ", false],
  ["tab\there", false],
  ["nul\0", false],
  ["schlüssel", false],
  ["\x1b[31m", false],
])("isServiceName(%j) is %j", (name, expected) => {
  expect(isServiceName(name)).toBe(expected);
});

describe("T28: names that a peer sends", () => {
  test("without a NUL: the last byte counts as one", () => {
    const message = decodeNameService(named(new Uint8Array(32).fill(0x61)));
    expect(message?.name).toBe("a".repeat(31));
  });

  test("empty: refused", () => {
    expect(decodeNameService(named(new Uint8Array(32)))).toBeUndefined();
    expect(decodeNameService(named(Uint8Array.of(0, 0x61)))).toBeUndefined();
  });

  test("what comes behind the NUL is not part of the name", () => {
    expect(decodeNameService(named(text.encode("abc\0secret")))?.name).toBe("abc");
  });

  test("control characters, escape sequences and bytes that are no UTF-8 are escaped", () => {
    const bytes = Uint8Array.of(0x1b, 0x5b, 0x4b, 0x0a, 0xff, 0xc3, 0x7f);
    expect(decodeNameService(named(bytes))?.name).toBe("\\x1b[K\\x0a\\xff\\xc3\\x7f");
  });

  test("any 32 bytes give printable ASCII, a character or an escape each, or nothing", () => {
    assert(
      property(uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const nul = bytes.subarray(0, 31).indexOf(0);
        const kept = [...bytes.subarray(0, nul < 0 ? 31 : nul)];
        const shown = kept.map((byte) =>
          byte >= 0x20 && byte < 0x7f
            ? String.fromCharCode(byte)
            : `\\x${byte.toString(16).padStart(2, "0")}`,
        );
        expect(decodeNameService(named(bytes))?.name ?? "").toBe(shown.join(""));
      }),
    );
  });
});

describe("T29: messages of a wrong form", () => {
  test("only 40 bytes are the message", () => {
    for (let size = 0; size <= 64; size++) {
      const bytes = new Uint8Array(size);
      bytes[0] = 0x61;
      expect(decodeNameService(bytes) !== undefined, `${size} bytes`).toBe(
        size === RPMSG_NS_MESSAGE_SIZE,
      );
    }
  });

  test("flags other than create and destroy are refused", () => {
    const bytes = encodeNameService("x", 1, false);
    for (const flags of [2, 3, 0x100, 0x80000000, 0xffffffff]) {
      new DataView(bytes.buffer).setUint32(36, flags, true);
      expect(decodeNameService(bytes), `flags ${flags}`).toBeUndefined();
    }
  });

  test("the message may lie anywhere in a larger array", () => {
    const large = new Uint8Array(100);
    large.set(encodeNameService("x", 7, true), 13);
    expect(decodeNameService(large.subarray(13, 53))).toEqual({
      name: "x",
      address: 7,
      destroy: true,
    });
  });
});
