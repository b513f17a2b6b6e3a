import { ioRegion, type IoRegionOptions, type RegionOperations } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { REGION_ACCESSES } from "../../fixtures/region_access.ts";

const SIZE = 32;

/** Operations over bytes that write down how they were called. */
function recorded(bytes: Uint8Array): { calls: string[]; operations: Required<RegionOperations> } {
  const calls: string[] = [];
  const view = new DataView(bytes.buffer);
  return {
    calls,
    operations: {
      read(offset, width, order) {
        calls.push(`read ${width}@${offset} ${order}`);
        if (width === 1) return view.getUint8(offset);
        return width === 2 ? view.getUint16(offset, true) : view.getUint32(offset, true);
      },
      write(offset, value, width, order) {
        calls.push(`write ${width}@${offset} 0x${value.toString(16)} ${order}`);
        if (width === 1) view.setUint8(offset, value);
        else if (width === 2) view.setUint16(offset, value, true);
        else view.setUint32(offset, value, true);
      },
      read64(offset, order) {
        calls.push(`read 8@${offset} ${order}`);
        return view.getBigUint64(offset, true);
      },
      write64(offset, value, order) {
        calls.push(`write 8@${offset} 0x${value.toString(16)} ${order}`);
        view.setBigUint64(offset, value, true);
      },
      readBlock(offset, target) {
        calls.push(`readBlock ${target.length}@${offset}`);
        target.set(bytes.subarray(offset, offset + target.length));
      },
      writeBlock(offset, source) {
        calls.push(`writeBlock ${source.length}@${offset}`);
        bytes.set(source, offset);
      },
      setBlock(offset, value, length) {
        calls.push(`setBlock ${length}@${offset} ${value}`);
        bytes.fill(value, offset, offset + length);
      },
    },
  };
}

function region(operations: RegionOperations, options: Partial<IoRegionOptions> = {}) {
  return ioRegion({
    name: "uart0",
    physicalAddress: 0x4000_4000,
    size: SIZE,
    operations,
    ...options,
  });
}

function refused(call: () => unknown, code: string, message: string): void {
  expect(call).toThrow(expect.objectContaining({ code, message }));
}

describe("a region of operations", () => {
  test("makes of each access exactly one call of its width, with its order", () => {
    const { calls, operations } = recorded(new Uint8Array(SIZE));
    const uart = region(operations);
    for (const { run } of REGION_ACCESSES) run(uart, 8, "relaxed");
    for (const { run } of REGION_ACCESSES.slice(0, 8)) run(uart, 16);
    expect(calls).toEqual([
      "read 1@8 relaxed",
      "read 2@8 relaxed",
      "read 4@8 relaxed",
      "read 8@8 relaxed",
      "write 1@8 0x2 relaxed",
      "write 2@8 0x202 relaxed",
      "write 4@8 0x2020202 relaxed",
      "write 8@8 0x202020202020202 relaxed",
      "readBlock 3@8",
      "writeBlock 3@8",
      "setBlock 3@8 2",
      "read 1@16 seq_cst",
      "read 2@16 seq_cst",
      "read 4@16 seq_cst",
      "read 8@16 seq_cst",
      "write 1@16 0x2 seq_cst",
      "write 2@16 0x202 seq_cst",
      "write 4@16 0x2020202 seq_cst",
      "write 8@16 0x202020202020202 seq_cst",
    ]);
  });

  test("gives and takes values that are not negative and not wider than the access", () => {
    const given: unknown[] = [];
    const uart = region({
      read: () => -1,
      read64: () => -1n,
      write: (_offset, value) => given.push(value),
      write64: (_offset, value) => given.push(value),
    });
    expect([uart.read8(0), uart.read16(0), uart.read32(0), uart.read64(0)]).toEqual([
      0xff,
      0xffff,
      0xffffffff,
      0xffff_ffff_ffff_ffffn,
    ]);
    uart.write8(0, -2);
    uart.write16(0, 0x12345);
    uart.write32(0, 2 ** 32 + 5);
    uart.write64(0, -1n);
    expect(given).toEqual([0xfe, 0x2345, 5, 0xffff_ffff_ffff_ffffn]);
  });

  test("reads and writes blocks by the widest aligned accesses, in order", () => {
    const bytes = Uint8Array.from({ length: SIZE }, (_, at) => at);
    const { calls, operations } = recorded(bytes);
    const { read, write, read64, write64 } = operations;
    const uart = region({ read, write, read64, write64 });
    const target = new Uint8Array(19);
    uart.readBlock(1, target);
    expect([...target]).toEqual(Array.from({ length: 19 }, (_, at) => at + 1));
    uart.writeBlock(
      6,
      Uint8Array.from({ length: 11 }, (_, at) => 0xa0 + at),
    );
    uart.setBlock(3, 0x1ff, 2);
    expect(calls).toEqual([
      "read 1@1 relaxed",
      "read 2@2 relaxed",
      "read 4@4 relaxed",
      "read 8@8 relaxed",
      "read 4@16 relaxed",
      "write 2@6 0xa1a0 relaxed",
      "write 8@8 0xa9a8a7a6a5a4a3a2 relaxed",
      "write 1@16 0xaa relaxed",
      "write 1@3 0xff relaxed",
      "write 1@4 0xff relaxed",
    ]);
    expect([...bytes.subarray(0, 18)]).toEqual([
      0, 1, 2, 0xff, 0xff, 5, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 17,
    ]);
  });

  test("of one width uses no other, and refuses blocks that would need one", () => {
    const { calls, operations } = recorded(new Uint8Array(SIZE));
    const { read, write } = operations;
    const slcr = region({ read, write }, { name: "slcr", widths: [4] });
    refused(
      () => slcr.read8(0),
      "UNSUPPORTED",
      'Read 1 byte at offset 0 of "slcr": it has no accesses of that width',
    );
    refused(
      () => slcr.write16(2, 0),
      "UNSUPPORTED",
      'Write 2 bytes at offset 2 of "slcr": it has no accesses of that width',
    );
    refused(
      () => slcr.read64(0),
      "UNSUPPORTED",
      'Read 8 bytes at offset 0 of "slcr": it has no accesses of that width',
    );
    refused(
      () => slcr.write64(0, 0n),
      "UNSUPPORTED",
      'Write 8 bytes at offset 0 of "slcr": it has no accesses of that width',
    );
    refused(
      () => slcr.readBlock(0, new Uint8Array(6)),
      "MISALIGNED",
      'Read 6 bytes at offset 0 of "slcr": it takes whole accesses of 4 bytes',
    );
    refused(
      () => slcr.writeBlock(2, new Uint8Array(4)),
      "MISALIGNED",
      'Write 4 bytes at offset 2 of "slcr": it takes whole accesses of 4 bytes',
    );
    refused(
      () => slcr.setBlock(0, 0, 1),
      "MISALIGNED",
      'Set 1 byte at offset 0 of "slcr": it takes whole accesses of 4 bytes',
    );
    expect(calls).toEqual([]);
    slcr.setBlock(8, 0x11, 8);
    slcr.readBlock(8, new Uint8Array(4));
    expect(calls).toEqual([
      "write 4@8 0x11111111 relaxed",
      "write 4@12 0x11111111 relaxed",
      "read 4@8 relaxed",
    ]);
  });

  test("without a write may only be read", () => {
    const status = region({ read: () => 5 });
    for (const { run } of REGION_ACCESSES.filter(({ writes }) => writes)) {
      expect(() => run(status, 0)).toThrow(expect.objectContaining({ code: "READ_ONLY" }));
    }
    expect(status.read32(4)).toBe(5);
  });

  test("lets out what an operation throws", () => {
    const bus = region({
      read() {
        throw new Error("the bus did not answer");
      },
    });
    expect(() => bus.read32(0)).toThrow("the bus did not answer");
    expect(() => bus.readBlock(0, new Uint8Array(4))).toThrow("the bus did not answer");
  });

  test.each(REGION_ACCESSES)("refuses $name once it is closed, without a call", ({ run }) => {
    const { calls, operations } = recorded(new Uint8Array(SIZE));
    const owner = new AbortController();
    const uart = region(operations, { closed: owner.signal });
    run(uart, 0);
    expect(calls.length).toBe(1);
    owner.abort();
    expect(() => run(uart, 0)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect(calls.length).toBe(1);
  });
});

describe("ioRegion refuses", () => {
  test.each([
    { size: 0 },
    { size: -4 },
    { size: 4.5 },
    { size: NaN },
    { size: 2 ** 53 },
    { physicalAddress: -1 },
    { physicalAddress: NaN },
    { physicalAddress: 0.5 },
    { physicalAddress: 2 ** 53 - SIZE },
    { widths: [] },
    { widths: [3] as never },
    { widths: [8] as never },
  ] satisfies Partial<IoRegionOptions>[])("%o", (options) => {
    expect(() => region({ read: () => 0 }, options)).toThrow(
      expect.objectContaining({ name: "MetalError", code: "INVALID_ARGUMENT" }),
    );
  });
});
