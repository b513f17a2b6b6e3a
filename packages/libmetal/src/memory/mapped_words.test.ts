import { bufferMemory, type MemoryKind, type SharedWords } from "@openamp/libmetal";
import { watchBulk } from "@openamp/testing";
import { describe, expect, test } from "vitest";

const SIZE = 256;
const KINDS = ["normal", "device"] as const;

function wordsOver(buffer: ArrayBufferLike, kind: MemoryKind): SharedWords {
  return bufferMemory({ name: "shm", physicalAddress: 0, buffer, kind }).words;
}

/** Bytes that differ from their neighbours and from those of another seed. */
function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from(
    { length },
    (_, index) => (index * 73 + seed * 151 + (index >>> 3)) & 0xff,
  );
}

/** Where two arrays first differ, or -1. */
function difference(actual: Uint8Array, expected: Uint8Array): number {
  if (actual.length !== expected.length) return Math.min(actual.length, expected.length);
  // A loop, and not findIndex: it runs some ten million times.
  for (let index = 0; index < actual.length; index++) {
    if (actual[index] !== expected[index]) return index;
  }
  return -1;
}

describe.each(KINDS)("words of %s memory", (kind) => {
  test("are little-endian at every width", () => {
    const bytes = new Uint8Array(SIZE);
    const words = wordsOver(bytes.buffer, kind);
    words.set8(1, 0x81);
    words.set16(2, 0x8382);
    words.set32(4, 0x87868584);
    words.store8(8, 0x91);
    words.store16(10, 0x9392);
    words.store32(12, 0x97969594);
    const written = [0, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x91, 0];
    expect([...bytes.subarray(0, 16)]).toEqual([...written, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97]);
    for (const [offset, value] of [0x81, 0x91].entries()) {
      expect([words.get8(offset * 7 + 1), words.load8(offset * 7 + 1)]).toEqual([value, value]);
    }
    expect([words.get16(2), words.load16(2), words.get16(10), words.load16(10)]).toEqual([
      0x8382, 0x8382, 0x9392, 0x9392,
    ]);
    expect([words.get32(4), words.load32(4), words.get32(12), words.load32(12)]).toEqual([
      0x87868584, 0x87868584, 0x97969594, 0x97969594,
    ]);
  });

  test("are little-endian in 64 bits, and of one moment with the narrower ones", () => {
    const bytes = new Uint8Array(SIZE);
    const words = wordsOver(bytes.buffer, kind);
    words.set64(8, 0x8877_6655_4433_2211n);
    words.store64(16, -2n);
    words.set64(24, 2n ** 64n + 3n);
    expect([...bytes.subarray(8, 16)]).toEqual([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]);
    expect([words.get32(8), words.get32(12)]).toEqual([0x44332211, 0x88776655]);
    expect([words.get64(8), words.load64(8)]).toEqual([
      0x8877_6655_4433_2211n,
      0x8877_6655_4433_2211n,
    ]);
    expect([words.load64(16), words.get64(24)]).toEqual([0xffff_ffff_ffff_fffen, 3n]);
    words.store64(SIZE - 8, 5n);
    expect(bytes[SIZE - 8]).toBe(5);
  });

  test("keep the low bits of a value that is too wide", () => {
    const words = wordsOver(new ArrayBuffer(16), kind);
    words.set8(0, 0x1ff);
    words.store8(1, -2);
    words.set16(2, 0x1ffff);
    words.store16(4, -2);
    words.set32(8, 2 ** 32 + 5);
    words.store32(12, -2);
    expect([words.get8(0), words.get8(1), words.get16(2), words.get16(4)]).toEqual([
      0xff, 0xfe, 0xffff, 0xfffe,
    ]);
    expect([words.get32(8), words.get32(12)]).toEqual([5, 0xfffffffe]);
  });

  test("reach the last byte of the memory and start at its byte offset", () => {
    const buffer = new SharedArrayBuffer(32);
    const memory = bufferMemory({
      name: "part",
      physicalAddress: 0,
      buffer,
      byteOffset: 8,
      byteLength: 16,
      kind,
    });
    memory.words.set32(0, 1);
    memory.words.set32(12, 2);
    expect([...new Uint32Array(buffer)]).toEqual([0, 0, 1, 0, 0, 2, 0, 0]);
  });

  // The same array comes three times: by bytes, noted, then by words where it is aligned.
  test.each(["copyIn", "copyOut"] as const)(
    "%s copies each length from 0 to 130 at each alignment, and nothing beside it",
    (copy) => {
      const wrong: string[] = [];
      for (let arrayOffset = 0; arrayOffset < 4; arrayOffset++) {
        for (let privateOffset = 0; privateOffset < 6; privateOffset++) {
          for (let offset = 8; offset < 12; offset++) {
            const bytes = new Uint8Array(SIZE);
            const words = wordsOver(bytes.buffer, kind);
            for (let length = 0; length <= 130; length++) {
              // The sixth has nothing around the copied bytes: it takes the way of whole arrays.
              const whole = privateOffset === 5;
              const from = whole ? 0 : privateOffset;
              const room = new Uint8Array(arrayOffset + (whole ? length : SIZE));
              const array = room.subarray(arrayOffset);
              for (let round = 0; round < 3; round++) {
                bytes.set(pattern(SIZE, length + round));
                room.set(pattern(room.length, length + round + 1));
                const shared = bytes.slice();
                const own = room.slice();
                for (let byte = 0; byte < length; byte++) {
                  if (copy === "copyIn") shared[offset + byte] = own[arrayOffset + from + byte]!;
                  else own[arrayOffset + from + byte] = shared[offset + byte]!;
                }
                words[copy](offset, array, from, length);
                if (difference(bytes, shared) !== -1 || difference(room, own) !== -1) {
                  wrong.push(
                    `${length} bytes, ${offset} and ${arrayOffset}+${from}, round ${round}`,
                  );
                }
              }
            }
          }
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  test("copy right when two arrays take turns", () => {
    const words = wordsOver(new ArrayBuffer(SIZE), kind);
    const [one, two] = [pattern(40, 1), pattern(40, 2)];
    const target = new Uint8Array(40);
    for (const array of [one, one, one, two, one, two, two, two, one, one]) {
      words.copyIn(16, array, 0, 40);
      words.copyOut(16, target, 0, 40);
      expect(difference(target, array)).toBe(-1);
    }
  });

  test("copy right from and to an array that shrinks", () => {
    const words = wordsOver(new ArrayBuffer(SIZE), kind);
    const buffer = new ArrayBuffer(64, { maxByteLength: 64 });
    const array = new Uint8Array(buffer);
    array.set(pattern(64, 3));
    for (let round = 0; round < 3; round++) words.copyIn(0, array, 0, 60);
    buffer.resize(8);
    words.copyIn(100, array, 0, 8);
    words.copyOut(100, array, 0, 8);
    expect([...array]).toEqual([...pattern(64, 3).subarray(0, 8)]);
    expect(words.get32(100)).toBe(new DataView(pattern(64, 3).buffer).getUint32(0, true));
  });

  test("fill each length at each alignment, and nothing beside it", () => {
    const wrong: string[] = [];
    for (let offset = 8; offset < 12; offset++) {
      for (let length = 0; length <= 40; length++) {
        const bytes = pattern(SIZE, length);
        const expected = bytes.slice();
        for (let byte = 0; byte < length; byte++) expected[offset + byte] = 0xa5;
        wordsOver(bytes.buffer, kind).fill(offset, 0x1a5, length);
        if (difference(bytes, expected) !== -1) wrong.push(`${length} bytes at ${offset}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("show the bytes of a view", () => {
    const bytes = pattern(SIZE, 1);
    const words = wordsOver(bytes.buffer, kind);
    const view = words.view(3, 9);
    expect([...view]).toEqual([...bytes.subarray(3, 12)]);
    words.set8(3, words.get8(3) ^ 0xff);
    expect(view[0] === bytes[3]).toBe(kind === "normal");
  });

  test("tell how many bytes are flushed and invalidated together", () => {
    const none = { flush() {}, invalidate() {} };
    const lineSizes = [undefined, none, { ...none, lineSize: 32 }].map((maintenance) => {
      const options = { name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(SIZE), kind };
      return bufferMemory(maintenance === undefined ? options : { ...options, maintenance }).words
        .lineSize;
    });
    expect(lineSizes).toEqual([1, 64, 32]);
  });

  test("tell the maintenance what to flush and to invalidate", () => {
    const calls: string[] = [];
    const { words } = bufferMemory({
      name: "shm",
      physicalAddress: 0,
      buffer: new ArrayBuffer(SIZE),
      kind,
      maintenance: {
        flush: (offset, length) => calls.push(`flush ${offset} ${length}`),
        invalidate: (offset, length) => calls.push(`invalidate ${offset} ${length}`),
      },
    });
    words.flush(4, 8);
    words.invalidate(12, 16);
    expect(calls).toEqual(["flush 4 8", "invalidate 12 16"]);
  });
});

test.each([
  ["normal", ["fill", "set", "subarray"]],
  // A bulk copy ends the process with SIGBUS there: elements, and atomic loads and stores, suffice.
  ["device", []],
] as const)("of all that is bulk, %s memory uses %j, whatever is asked of it", (kind, expected) => {
  const buffer = new SharedArrayBuffer(SIZE);
  const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer, kind });
  const { words } = memory;
  const seen = new Set<string>();
  using _watch = watchBulk(buffer, (operation) => seen.add(operation));
  for (const length of [...Array.from({ length: 40 }, (_, at) => at), 64, 65, 128]) {
    const array = new Uint8Array(length);
    for (let round = 0; round < 3; round++) {
      for (const offset of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
        words.copyIn(offset, array, 0, length);
        words.copyOut(offset, array, 0, length);
        words.fill(offset, 1, length);
        words.view(offset, length);
        memory.readBlock(offset, array);
        memory.writeBlock(offset, array);
        memory.setBlock(offset, 1, length);
      }
    }
  }
  for (const order of ["relaxed", "seq_cst"] as const) {
    memory.write8(3, memory.read8(1, order), order);
    memory.write16(6, memory.read16(2, order), order);
    memory.write32(12, memory.read32(4, order), order);
    memory.write64(24, memory.read64(8, order), order);
  }
  expect([...seen].sort()).toEqual(expected);
});
