import { addressSpace, bufferMemory, type AddressRange, type Memory } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";

const MAXIMUM = Number.MAX_SAFE_INTEGER;

function memory(size: number, name = "shm"): Memory {
  return bufferMemory({ name, physicalAddress: 0, buffer: new ArrayBuffer(size) });
}

function space(...ranges: (Omit<AddressRange, "memory"> & { bytes: number })[]) {
  return addressSpace(ranges.map(({ bytes, ...range }) => ({ ...range, memory: memory(bytes) })));
}

describe("an address space (T12) resolves", () => {
  const bases = [0, 0x21000000, 2 ** 31 - 32, 2 ** 32 - 64, 2 ** 32 - 32, 2 ** 52, MAXIMUM - 67];
  test.each(bases)("whole ranges of a window of 64 bytes at %i, and no others", (given) => {
    const base = given - (given % 4);
    const one = space({ name: "window", address: base, bytes: 64 });
    const wrong: string[] = [];
    for (let start = -70; start <= 70; start++) {
      for (const length of [0, 1, 2, 4, 63, 64, 65, 2 ** 31, 2 ** 32 - 1, 2 ** 32, MAXIMUM]) {
        const address = base + start;
        // By whole numbers without a limit, as the rule says it.
        const [first, count, low] = [BigInt(base) + BigInt(start), BigInt(length), BigInt(base)];
        if (!Number.isSafeInteger(address)) continue;
        const inside = first >= low && first + count <= low + 64n;
        const window = one.resolve(address, length);
        if ((window !== undefined) !== inside) wrong.push(`${start}, ${length}: ${!inside}`);
        if (window !== undefined && address - window.bias !== start) wrong.push(`bias at ${start}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    [NaN, 4],
    [0x1000, NaN],
    [-0x1000, 4],
    [0x1000, -4],
    [4096.5, 4],
    [0x1000, 0.5],
    [Infinity, 4],
    [-Infinity, 4],
    [0x1000, Infinity],
    [0x1000, -Infinity],
    [2 ** 53, 4],
    [2 ** 53, 2 ** 53],
    [2 ** 64, 4],
    [2 ** 64 - 0x1000, 0x2000],
    [Number.MAX_VALUE, Number.MAX_VALUE],
  ])("nothing at %d with length %d", (address, length) => {
    const one = space({ name: "window", address: 0x1000, bytes: 64 });
    expect(one.resolve(address, length)).toBeUndefined();
  });

  test("no range that crosses from one window into the next, even where they touch", () => {
    const two = space(
      { name: "high", address: 0x1040, bytes: 64 },
      { name: "low", address: 0x1000, bytes: 64 },
    );
    expect(two.windows.map(({ name }) => name)).toEqual(["low", "high"]);
    expect(two.resolve(0x103c, 4)?.name).toBe("low");
    expect(two.resolve(0x1040, 4)?.name).toBe("high");
    expect(two.resolve(0x103c, 5)).toBeUndefined();
    expect(two.resolve(0x1000, 128)).toBeUndefined();
    expect(two.resolve(0x107f, 1)?.name).toBe("high");
    expect(two.resolve(0x1080, 1)).toBeUndefined();
  });

  test("nothing when it is empty", () => {
    expect(addressSpace([]).resolve(0, 0)).toBeUndefined();
  });

  test("an address to the place in the memory that its window shows", () => {
    const ddr = memory(256, "ddr");
    ddr.write32(0x84, 0xcafe);
    const one = addressSpace([
      { name: "carveout", address: 0x3ed00000, memory: ddr, offset: 0x80, size: 0x40 },
    ]);
    const window = one.resolve(0x3ed00004, 4);
    expect(window?.memory).toBe(ddr);
    expect(window?.words.get32(0x3ed00004 - window.bias)).toBe(0xcafe);
    expect(one.resolve(0x3ed0003f, 1)?.name).toBe("carveout");
    expect(one.resolve(0x3ed00040, 1)).toBeUndefined();
  });
});

test("what a peer must not do in a window, no range of it resolves for", () => {
  const one = space(
    { name: "both", address: 0x1000, bytes: 64 },
    { name: "read", address: 0x2000, bytes: 64, access: "read" },
    { name: "write", address: 0x3000, bytes: 64, access: "write" },
  );
  const allowed = one.windows.map(({ name, address, readable, writable }) => [
    name,
    readable,
    writable,
    ...([undefined, "read", "write"] as const).map(
      (access) => one.resolve(address, 4, access)?.name,
    ),
  ]);
  expect(allowed).toEqual([
    ["both", true, true, "both", "both", "both"],
    ["read", true, false, "read", "read", undefined],
    ["write", false, true, "write", undefined, "write"],
  ]);
});

describe("addressSpace refuses", () => {
  test.each([
    ["OVERLAP", [{ address: 0x1000 }, { address: 0x103c }]],
    ["OVERLAP", [{ address: 0x1000 }, { address: 0x1000 }]],
    ["OVERLAP", [{ address: 0x1020, size: 4 }, { address: 0x1000 }]],
    ["OUT_OF_RANGE", [{ address: 0, size: 68 }]],
    ["OUT_OF_RANGE", [{ address: 0, offset: 4, size: 64 }]],
    ["OUT_OF_RANGE", [{ address: 0, offset: 64 }]],
    ["OUT_OF_RANGE", [{ address: 0, offset: -4 }]],
    ["OUT_OF_RANGE", [{ address: 0, size: 0 }]],
    ["OUT_OF_RANGE", [{ address: 0, size: NaN }]],
    ["OUT_OF_RANGE", [{ address: 0, size: 4.5 }]],
    ["OUT_OF_RANGE", [{ address: -4 }]],
    ["OUT_OF_RANGE", [{ address: NaN }]],
    ["OUT_OF_RANGE", [{ address: 2 ** 53 }]],
    ["OUT_OF_RANGE", [{ address: MAXIMUM - 3 }]],
    ["MISALIGNED", [{ address: 0x1002 }]],
    ["MISALIGNED", [{ address: 0x1000, offset: 2, size: 4 }]],
  ] as const)("%s: %o", (code, ranges) => {
    const build = () => space(...ranges.map((range) => ({ name: "window", bytes: 64, ...range })));
    expect(build).toThrow(expect.objectContaining({ name: "MetalError", code }));
  });

  test("an overlap in words that name both", () => {
    expect(() =>
      space(
        { name: "vring0", address: 0x1000, bytes: 64 },
        { name: "vring1", address: 0x1030, bytes: 64 },
      ),
    ).toThrow('"vring0" (0x1000 to 0x103f) overlaps "vring1" (0x1030 to 0x106f)');
  });
});
