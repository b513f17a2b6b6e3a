import { isPowerOfTwo } from "../bits/align.ts";
import { MetalError } from "../error.ts";
import type { AddressSpace } from "../memory/address_space.ts";
import type { Memory } from "../memory/memory.ts";

/** A range of a memory. Upstream: `metal_sg`. */
export interface ScatterEntry {
  /** The memory. */
  readonly memory: Memory;
  /** Where the range starts in it, in bytes. */
  readonly offset: number;
  /** Bytes, 1 and up. */
  readonly length: number;
}

/** A range as it is asked for. */
export interface ScatterRange {
  /** The memory. */
  readonly memory: Memory;
  /** Where the range starts in it, in bytes. Default 0. */
  readonly offset?: number;
  /** Bytes, 0 and up. Default: the rest of the memory. */
  readonly length?: number;
}

/** Where {@linkcode ScatterList.split} cuts. */
export interface ScatterLimits {
  /** The most bytes of an entry. Default: any number. */
  readonly maximumLength?: number;
  /** No entry crosses a multiple of this physical address: a power of two. Default: none. */
  readonly boundary?: number;
}

/**
 * Ranges of memories that are one row of bytes: what a device reads or writes in one go. In the
 * kernel: `sg_table`; upstream has bare arrays of `metal_sg`.
 *
 * It never changes: what cuts or joins gives another list over the same bytes. It is read and
 * written as the processor sees the memories, without any cache maintenance: that is what mapping
 * and unmapping do.
 */
export interface ScatterList {
  /** The ranges, none of them empty. */
  readonly entries: readonly ScatterEntry[];
  /** Bytes of all of them. */
  readonly length: number;
  /**
   * A part of it.
   *
   * @param offset Bytes from the start.
   * @param length Bytes.
   * @throws {MetalError} `OUT_OF_RANGE` where it has not so many.
   */
  slice(offset: number, length: number): ScatterList;
  /** The same bytes, with entries joined where one follows the other in its memory. */
  merge(): ScatterList;
  /**
   * The same bytes, with entries cut where they are too long, or cross a boundary.
   *
   * @param limits Where to cut.
   * @throws {MetalError} `INVALID_ARGUMENT` for a limit that is none.
   */
  split(limits: ScatterLimits): ScatterList;
  /**
   * Copies from it. In the kernel: `sg_copy_to_buffer`.
   *
   * @param offset Bytes from the start.
   * @param target All of it is filled.
   * @throws {MetalError} `OUT_OF_RANGE` where it has not so many.
   */
  readBlock(offset: number, target: Uint8Array): void;
  /**
   * Copies into it. In the kernel: `sg_copy_from_buffer`.
   *
   * @param offset Bytes from the start.
   * @param source All of it is written.
   * @throws {MetalError} `OUT_OF_RANGE` where it has not so many.
   */
  writeBlock(offset: number, source: Uint8Array): void;
}

/**
 * Makes a list of ranges. Empty ones are left out.
 *
 * @param ranges The ranges, in the order of their bytes.
 * @returns The list.
 * @throws {MetalError} `OUT_OF_RANGE` where one does not lie in its memory.
 *
 * @example
 * ```ts
 * import { bufferMemory, scatterList } from "@openamp/libmetal";
 *
 * const ddr = bufferMemory({ name: "ddr", physicalAddress: 0x1000, buffer: new ArrayBuffer(4096) });
 * const list = scatterList([
 *   { memory: ddr, offset: 0, length: 16 },
 *   { memory: ddr, offset: 1024, length: 1500 },
 * ]);
 * list.writeBlock(14, new Uint8Array([1, 2, 3]));
 * if (ddr.read8(15) !== 2 || ddr.read8(1024) !== 3) throw new Error("It goes on in the next range");
 * if (list.split({ maximumLength: 1024 }).entries.length !== 3) throw new Error("Cut once");
 * ```
 */
export function scatterList(ranges: readonly ScatterRange[]): ScatterList {
  return listOf(
    ranges.map(({ memory, offset = 0, length = memory.size - offset }) => {
      // A difference, so that no sum can round; and written so that NaN fails too.
      const inside = offset >= 0 && length >= 0 && length <= memory.size - offset;
      if (!inside || !Number.isInteger(offset) || !Number.isInteger(length)) {
        throw new MetalError(
          "OUT_OF_RANGE",
          `Make a scatter list: ${length} bytes at offset ${offset} of "${memory.name}": ` +
            `it has ${memory.size} bytes`,
        );
      }
      return { memory, offset, length };
    }),
  );
}

/**
 * Makes a list of ranges that are given by their addresses, as in the descriptors of a device.
 *
 * @param space What may be named.
 * @param ranges The ranges, in the order of their bytes.
 * @returns The list.
 * @throws {MetalError} `FAULT` where one does not lie in the space, in one window.
 *
 * @example
 * ```ts
 * import { addressSpace, bufferMemory, scatterListAt } from "@openamp/libmetal";
 *
 * const ddr = bufferMemory({ name: "ddr", physicalAddress: 0x1000, buffer: new ArrayBuffer(4096) });
 * const bus = addressSpace([{ name: "ddr", address: 0x80001000, memory: ddr }]);
 * const list = scatterListAt(bus, [{ address: 0x80001100, length: 8 }]);
 * if (list.entries[0]?.offset !== 0x100) throw new Error("It is found in the memory");
 * ```
 */
export function scatterListAt(
  space: AddressSpace,
  ranges: readonly { readonly address: number; readonly length: number }[],
): ScatterList {
  return listOf(
    ranges.map(({ address, length }) => {
      const window = space.resolve(address, length);
      if (window === undefined) {
        throw new MetalError(
          "FAULT",
          `Make a scatter list: ${length} bytes at 0x${address.toString(16)} are not in the space`,
        );
      }
      return { memory: window.memory, offset: address - window.bias, length };
    }),
  );
}

function listOf(ranges: readonly ScatterEntry[]): ScatterList {
  const entries = ranges.filter(({ length }) => length > 0);
  const total = entries.reduce((sum, { length }) => sum + length, 0);

  function check(action: string, offset: number, length: number): void {
    const inside = offset >= 0 && length >= 0 && length <= total - offset;
    if (inside && Number.isInteger(offset) && Number.isInteger(length)) return;
    throw new MetalError(
      "OUT_OF_RANGE",
      `${action} ${length} bytes at offset ${offset} of a scatter list: it has ${total} bytes`,
    );
  }

  /** The parts of entries that a range is made of. */
  function* parts(offset: number, length: number): Generator<ScatterEntry> {
    let skip = offset;
    let left = length;
    for (const entry of entries) {
      if (left === 0) return;
      if (skip >= entry.length) {
        skip -= entry.length;
        continue;
      }
      const part = Math.min(entry.length - skip, left);
      yield { memory: entry.memory, offset: entry.offset + skip, length: part };
      left -= part;
      skip = 0;
    }
  }

  return {
    entries,
    length: total,
    slice(offset, length) {
      check("Slice", offset, length);
      return listOf([...parts(offset, length)]);
    },
    merge: () => listOf(merged(entries)),
    split(limits) {
      checkLimits(limits);
      return listOf(entries.flatMap((entry) => [...cut(entry, limits)]));
    },
    readBlock(offset, target) {
      check("Read", offset, target.length);
      let done = 0;
      for (const part of parts(offset, target.length)) {
        part.memory.words.copyOut(part.offset, target, done, part.length);
        done += part.length;
      }
    },
    writeBlock(offset, source) {
      check("Write", offset, source.length);
      let done = 0;
      for (const part of parts(offset, source.length)) {
        part.memory.words.copyIn(part.offset, source, done, part.length);
        done += part.length;
      }
    },
  };
}

function merged(entries: readonly ScatterEntry[]): readonly ScatterEntry[] {
  const joined: ScatterEntry[] = [];
  for (const entry of entries) {
    const last = joined.at(-1);
    const follows = last?.memory === entry.memory && last.offset + last.length === entry.offset;
    if (last !== undefined && follows) {
      joined[joined.length - 1] = { ...last, length: last.length + entry.length };
    } else joined.push(entry);
  }
  return joined;
}

/** Refuses limits that nothing can keep. */
export function checkLimits({ maximumLength = Infinity, boundary }: ScatterLimits): void {
  if (!(maximumLength >= 1)) {
    throw new MetalError("INVALID_ARGUMENT", `Split into at most ${maximumLength} bytes`);
  }
  if (boundary !== undefined && !isPowerOfTwo(boundary)) {
    throw new MetalError("INVALID_ARGUMENT", `Split at a boundary of ${boundary}: no power of two`);
  }
}

/** Cuts an entry where its physical addresses jump, and where the limits ask for it. */
function* cut(entry: ScatterEntry, limits: ScatterLimits): Generator<ScatterEntry> {
  const { memory } = entry;
  let { offset, length } = entry;
  while (length > 0) {
    const run = Math.min(length, memory.physicalRun(offset));
    const part = pieceAt(memory.physicalAt(offset), run, limits);
    yield { memory, offset, length: part };
    offset += part;
    length -= part;
  }
}

/** How many of so many bytes at an address may be one piece. */
export function pieceAt(address: number, length: number, limits: ScatterLimits): number {
  const { maximumLength = Infinity, boundary = Infinity } = limits;
  const untilBoundary = boundary === Infinity ? Infinity : boundary - (address % boundary);
  return Math.min(length, Math.floor(maximumLength), untilBoundary);
}
