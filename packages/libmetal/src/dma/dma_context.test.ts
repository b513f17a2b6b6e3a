import {
  addressSpace,
  bufferMemory,
  type DeviceAccess,
  dmaContext,
  type DmaContextOptions,
  type DmaLimits,
  dmaOwnership,
  type Memory,
  scatterList,
  type ScatterList,
  subRegion,
} from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { outcome } from "../../fixtures/outcome.ts";

const refusal = (code: string): unknown => expect.objectContaining({ name: "MetalError", code });
const LINE = 32;
const ACCESSES: readonly DeviceAccess[] = ["read", "write", "read-write"];

/** Memory that is not coherent, and what is done to its cache. */
function cached(size = 4096) {
  const done: string[] = [];
  const memory = bufferMemory({
    name: "ddr",
    physicalAddress: 0x10000,
    buffer: new ArrayBuffer(size),
    maintenance: {
      lineSize: LINE,
      flush: (offset, length) => void done.push(`flush ${offset} ${length}`),
      invalidate: (offset, length) => void done.push(`invalidate ${offset} ${length}`),
    },
  });
  return { memory, done };
}

function listOf(memory: Memory, ...ranges: readonly (readonly [number, number])[]): ScatterList {
  return scatterList(ranges.map(([offset, length]) => ({ memory, offset, length })));
}

describe("the directions", () => {
  test.each([
    ["read", ["flush 32 64"], []],
    ["write", ["flush 32 64"], ["invalidate 32 64"]],
    ["read-write", ["flush 32 64"], ["invalidate 32 64"]],
  ] as const)("a device that does %s: before %o, after %o", (access, before, after) => {
    const { memory, done } = cached();
    const dma = dmaContext({ name: "eth0" });
    const mapped = dma.map(listOf(memory, [32, 64]), access);
    expect(done).toEqual(before);
    mapped.syncForCpu();
    mapped.syncForDevice();
    expect(done).toEqual([...before, ...after, ...before]);
    mapped.unmap();
    expect(done).toEqual([...before, ...after, ...before, ...after]);
  });

  test("sync a part, in whole lines where the device writes", () => {
    const { memory, done } = cached();
    const dma = dmaContext({ name: "eth0" });
    const mapped = dma.map(listOf(memory, [0, 64], [256, 64]), "write");
    done.length = 0;
    mapped.syncForCpu(32, 64);
    mapped.syncForDevice(96);
    expect(done).toEqual(["invalidate 32 32", "invalidate 256 32", "flush 288 32"]);
    for (const sync of ["syncForCpu", "syncForDevice"] as const) {
      expect(() => mapped[sync](8, 32)).toThrow(refusal("MISALIGNED"));
      expect(() => mapped[sync](32, 8)).toThrow(refusal("MISALIGNED"));
      expect(() => mapped[sync](32, 128)).toThrow(refusal("OUT_OF_RANGE"));
    }
    const read = dma.map(listOf(memory, [512, 64]), "read");
    expect(() => read.syncForDevice(8, 3)).not.toThrow();
  });
});

describe("a part of a cache line", () => {
  test.each([
    [8, 32],
    [0, 33],
    [32, 8],
    [1, 1],
  ])("%i and %i bytes: only for a device that reads", (offset, length) => {
    const { memory } = cached();
    const dma = dmaContext({ name: "eth0" });
    const list = listOf(memory, [offset, length]);
    expect(() => dma.map(list, "write")).toThrow(refusal("MISALIGNED"));
    expect(() => dma.map(list, "read-write")).toThrow("share a cache line of 32 bytes");
    expect(dma.mapped).toBe(0);
    expect(() => dma.map(list, "read")).not.toThrow();
  });

  test("may be the last of a memory, and is refused there too", () => {
    const { memory } = cached();
    const dma = dmaContext({ name: "eth0" });
    const part = subRegion(memory, { name: "part", offset: 32, size: 104 });
    expect(() => dma.map(listOf(part, [0, 96]), "write")).not.toThrow();
    expect(() => dma.map(listOf(part, [96, 8]), "write")).toThrow(refusal("MISALIGNED"));
  });

  test("does not matter where memory is coherent", () => {
    const memory = bufferMemory({ name: "m", physicalAddress: 0, buffer: new ArrayBuffer(64) });
    const dma = dmaContext({ name: "eth0" });
    expect(() => dma.map(listOf(memory, [3, 5]), "read-write")).not.toThrow();
  });
});

describe("a mapping", () => {
  test("is unmapped once; afterwards it can do nothing", () => {
    const { memory } = cached();
    const dma = dmaContext({ name: "eth0" });
    const mapped = dma.map(listOf(memory, [0, 64]), "write");
    expect([dma.name, dma.mapped, mapped.access]).toEqual(["eth0", 1, "write"]);
    mapped.unmap();
    expect(dma.mapped).toBe(0);
    expect(() => mapped.unmap()).toThrow(refusal("NOT_OWNER"));
    expect(() => mapped.syncForCpu()).toThrow(refusal("NOT_OWNER"));
    expect(() => mapped.syncForDevice()).toThrow(refusal("NOT_OWNER"));
    mapped[Symbol.dispose]();
    expect(dma.map(listOf(memory, [0, 64]), "write").segments).toHaveLength(1);
  });

  test("ends with its context, and by itself with `using`", () => {
    const { memory, done } = cached();
    {
      using dma = dmaContext({ name: "eth0" });
      {
        using mapped = dma.map(listOf(memory, [0, 32]), "write");
        expect(mapped.segments).toHaveLength(1);
      }
      expect(done).toEqual(["flush 0 32", "invalidate 0 32"]);
      dma.map(listOf(memory, [32, 32]), "write");
    }
    expect(done.at(-1)).toBe("invalidate 32 32");
  });

  test.each(ACCESSES.flatMap((first) => ACCESSES.map((second) => [first, second] as const)))(
    "over another, %s and %s: BUSY unless both only read",
    (first, second) => {
      const { memory } = cached();
      const ownership = dmaOwnership();
      const [one, two] = ["eth0", "eth1"].map((name) => dmaContext({ name, ownership }));
      const mapped = one?.map(listOf(memory, [0, 128]), first);
      const map = () => outcome(() => two?.map(listOf(memory, [256, 32], [96, 64]), second));
      const both = first === "read" && second === "read";
      expect([map(), two?.mapped]).toEqual(both ? ["done", 1] : ["BUSY", 0]);
      mapped?.unmap();
      // Nothing of a mapping that was refused is left behind.
      if (!both) two?.map(listOf(memory, [256, 32], [96, 64]), second);
      expect(two?.mapped).toBe(1);
    },
  );

  test("of the same bytes by another name is BUSY too", () => {
    const { memory } = cached();
    const dma = dmaContext({ name: "eth0" });
    const part = subRegion(memory, { name: "part", offset: 64, size: 64 });
    dma.map(listOf(memory, [96, 32]), "write");
    expect(() => dma.map(listOf(part, [32, 32]), "read")).toThrow(refusal("BUSY"));
    expect(() => dma.map(listOf(part, [0, 32]), "write")).not.toThrow();
  });

  test("of bytes twice in one list is BUSY too, where the device writes", () => {
    const { memory } = cached();
    const dma = dmaContext({ name: "eth0" });
    const twice = listOf(memory, [0, 64], [32, 64]);
    expect(() => dma.map(twice, "write")).toThrow(refusal("BUSY"));
    expect(() => dma.map(twice, "read").unmap()).not.toThrow();
    expect(() => dma.map(listOf(memory, [0, 64]), "write")).not.toThrow();
  });

  test("of nothing is INVALID_ARGUMENT", () => {
    const dma = dmaContext({ name: "eth0" });
    expect(() => dma.map(scatterList([]), "read")).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test("tells an observer whose the bytes are, before they are read back", () => {
    const { memory, done } = cached();
    const dma = dmaContext({
      name: "eth0",
      observer: {
        toDevice: (of, offset, length, access) =>
          void done.push(`device ${of.name} ${offset} ${length} ${access}`),
        toCpu: (of, offset, length, access) =>
          void done.push(`cpu ${of.name} ${offset} ${length} ${access}`),
      },
    });
    dma.map(listOf(memory, [0, 32]), "write").unmap();
    expect(done).toEqual([
      "flush 0 32",
      "device ddr 0 32 write",
      "cpu ddr 0 32 write",
      "invalidate 0 32",
    ]);
  });
});

/** Where a device finds a list that it reads. */
function segments(list: ScatterList, options: Partial<DmaContextOptions> = {}) {
  const dma = dmaContext({ name: "dma0", ...options });
  return dma.map(list, "read").segments.map(({ address, length }) => [address, length]);
}

describe("the addresses of a device", () => {
  const pages = { pageSize: 64, addresses: [0x9000, 0x9040, 0x4000, 0x8fc0] };

  test("are physical ones, in one piece wherever they follow one another", () => {
    const memory = bufferMemory({
      name: "m",
      physicalAddress: pages,
      buffer: new ArrayBuffer(256),
    });
    expect(segments(listOf(memory, [0, 256]))).toEqual([
      [0x9000, 128],
      [0x4000, 64],
      [0x8fc0, 64],
    ]);
    expect(segments(listOf(memory, [192, 64], [0, 10], [10, 6]))).toEqual([[0x8fc0, 80]]);
  });

  test.each<[DmaLimits, [number, number][]]>([
    [
      { maximumLength: 100 },
      [
        [0x10000, 100],
        [0x10064, 100],
        [0x100c8, 56],
      ],
    ],
    [
      { boundary: 128 },
      [
        [0x10000, 128],
        [0x10080, 128],
      ],
    ],
    [{ maximumAddress: 0x100ff, maximumSegments: 1 }, [[0x10000, 256]]],
  ])("are cut as its limits %o ask", (limits, expected) => {
    expect(segments(listOf(cached().memory, [0, 256]), { limits })).toEqual(expected);
  });

  test.each<[string, DmaLimits]>([
    ["OUT_OF_RANGE", { maximumAddress: 0x100fe }],
    ["NO_SPACE", { maximumLength: 100, maximumSegments: 2 }],
  ])("%s beyond its limits %o, and nothing stays mapped", (code, limits) => {
    const { memory, done } = cached();
    const dma = dmaContext({ name: "dma0", limits });
    expect(() => dma.map(listOf(memory, [0, 256]), "write")).toThrow(refusal(code));
    expect([dma.mapped, done]).toEqual([0, []]);
    expect(() => dma.map(listOf(memory, [0, 64]), "write")).not.toThrow();
  });

  test("are those of its bus, where that has others", () => {
    const { memory } = cached();
    const part = subRegion(memory, { name: "part", offset: 1024, size: 1024 });
    const addresses = addressSpace([
      { name: "low", address: 0x100, memory, size: 1024 },
      { name: "high", address: 0xa0000000, memory, offset: 1024, size: 512 },
    ]);
    expect(segments(listOf(memory, [512, 768]), { addresses })).toEqual([
      [0x300, 512],
      [0xa0000000, 256],
    ]);
    // The same bytes, as a part of the memory.
    expect(segments(listOf(part, [16, 32]), { addresses })).toEqual([[0xa0000010, 32]]);
    expect(() => segments(listOf(memory, [1500, 64]), { addresses })).toThrow(refusal("FAULT"));
  });

  test("INVALID_ARGUMENT: limits that nothing can keep", () => {
    for (const limits of [
      { maximumLength: 0 },
      { boundary: 3 },
      { boundary: 2 ** 49 + 1 },
      { maximumAddress: -1 },
      { maximumAddress: NaN },
      { maximumSegments: 0 },
      { maximumSegments: NaN },
    ]) {
      expect(() => dmaContext({ name: "dma0", limits })).toThrow(refusal("INVALID_ARGUMENT"));
    }
  });
});
