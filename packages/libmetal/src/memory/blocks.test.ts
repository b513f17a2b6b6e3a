import { bufferMemory, ioRegion, type IoRegion, memoryOver, subRegion } from "@openamp/libmetal";
import { assert, constantFrom, nat, property, tuple, array } from "fast-check";
import { expect, test } from "vitest";

const SIZE = 200;

/** A region, and its bytes as they lie in memory. */
interface Subject {
  readonly region: IoRegion;
  readonly bytes: Uint8Array;
}

function memory(kind: "normal" | "device"): Subject {
  const buffer = new SharedArrayBuffer(SIZE);
  const region = bufferMemory({ name: kind, physicalAddress: 0, buffer, kind });
  return { region, bytes: new Uint8Array(buffer) };
}

/** Registers that only know accesses of some widths. */
function registers(widths: readonly (1 | 2 | 4)[], wide: boolean): Subject {
  const { region: over, bytes } = memory("normal");
  const region = ioRegion({
    name: "registers",
    physicalAddress: 0,
    size: SIZE,
    widths,
    operations: {
      read(offset, width) {
        if (width === 1) return over.read8(offset);
        return width === 2 ? over.read16(offset) : over.read32(offset);
      },
      write(offset, value, width) {
        if (width === 1) over.write8(offset, value);
        else if (width === 2) over.write16(offset, value);
        else over.write32(offset, value);
      },
      ...(wide && {
        read64: (offset: number) => over.read64(offset),
        write64: (offset: number, value: bigint) => over.write64(offset, value),
      }),
    },
  });
  return { region, bytes };
}

function partOf({ region, bytes }: Subject): Subject {
  return {
    region: subRegion(region, { name: "part", offset: 16, size: SIZE - 32 }),
    bytes: bytes.subarray(16, SIZE - 16),
  };
}

const subjects: Readonly<Record<string, () => Subject>> = {
  "normal memory": () => memory("normal"),
  "device memory": () => memory("device"),
  "memory over words": () => {
    const buffer = new ArrayBuffer(SIZE);
    const { words } = bufferMemory({ name: "shm", physicalAddress: 0, buffer, kind: "device" });
    return { region: memoryOver("over", 0, "device", words), bytes: new Uint8Array(buffer) };
  },
  "a part of normal memory": () => partOf(memory("normal")),
  "a part of device memory": () => partOf(memory("device")),
  "registers of all widths": () => registers([1, 2, 4], true),
  "registers of 8 and 32 bits": () => registers([4, 1], false),
  "a part of registers": () => partOf(registers([1, 2, 4], true)),
};

const block = tuple(constantFrom("read", "write", "set"), nat(SIZE), nat(SIZE), nat(255));

test.each(Object.entries(subjects))("blocks of %s are those of a plain array", (_, make) => {
  const asArray = property(array(block, { maxLength: 20 }), (calls) => {
    const { region, bytes } = make();
    const model = new Uint8Array(region.size);
    for (const [call, start, room, value] of calls) {
      const offset = start % (region.size + 1);
      const length = room % (region.size - offset + 1);
      if (call === "set") {
        region.setBlock(offset, value, length);
        model.fill(value, offset, offset + length);
      } else if (call === "write") {
        const source = Uint8Array.from({ length }, (__, at) => value + 7 * at);
        region.writeBlock(offset, source);
        model.set(source, offset);
      } else {
        const target = new Uint8Array(length);
        region.readBlock(offset, target);
        if (!target.every((byte, at) => byte === model[offset + at])) return false;
      }
      if (!bytes.every((byte, at) => byte === model[at])) return false;
    }
    return true;
  });
  expect(() => assert(asArray, { numRuns: 150 })).not.toThrow();
});
