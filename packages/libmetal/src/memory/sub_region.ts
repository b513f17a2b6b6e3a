import { MetalError } from "../error.ts";
import type { IoRegion } from "../io/io_region.ts";
import { RegionPart, type SubRegionOptions } from "../io/region_part.ts";
import type { Mapping, Memory, MemoryKind } from "./memory.ts";
import type { SharedWords } from "./shared_words.ts";
import { wordsPart } from "./words_part.ts";

/**
 * Gives a part of a region a name of its own, and offsets that start at 0. A part of a memory is a
 * memory; a part of a part, and of what may only be read, is what it is a part of. Its accesses are
 * checked against its own range, and are `CLOSED` when the whole is.
 *
 * @param region The region, or the memory.
 * @param options The name and the range. In a memory, the size is a multiple of 4.
 * @returns The part.
 * @throws {MetalError} `OUT_OF_RANGE` for a range that is empty or does not lie in the region;
 *   `MISALIGNED` for an offset that is no multiple of 8, or of the cache line of the memory; and for a
 *   size that a memory cannot have.
 *
 * @example
 * ```ts
 * import { bufferMemory, subRegion } from "@openamp/libmetal";
 *
 * const buffer = new ArrayBuffer(0x1000);
 * const tcm = bufferMemory({ name: "tcm", physicalAddress: 0xffe00000, buffer });
 * const table = subRegion(tcm, { name: "resource table", offset: 0x800, size: 0x100 });
 * table.write32(0, 1);
 * if (tcm.read32(0x800) !== 1) throw new Error("The same bytes");
 * if (table.physicalAddress !== 0xffe00800) throw new Error("Its own address");
 * ```
 */
export function subRegion(region: Memory, options: SubRegionOptions): Memory;
export function subRegion(region: IoRegion, options: SubRegionOptions): IoRegion;
export function subRegion(region: IoRegion | Memory, options: SubRegionOptions): IoRegion {
  return "words" in region ? new MemoryPart(region, options) : new RegionPart(region, options);
}

class MemoryPart extends RegionPart implements Memory {
  readonly kind: MemoryKind;
  readonly words: SharedWords;
  readonly mapping: Mapping | undefined;
  readonly #memory: Memory;

  constructor(memory: Memory, options: SubRegionOptions) {
    super(memory, options);
    if (this.size % 4 !== 0) {
      throw new MetalError(
        "MISALIGNED",
        `Make "${this.name}" of ${this.size} bytes of "${memory.name}": the size of a memory is a ` +
          "multiple of 4",
      );
    }
    const { offset } = options;
    const { lineSize } = memory.words;
    if (offset % lineSize !== 0) {
      throw new MetalError(
        "MISALIGNED",
        `Make "${this.name}" from offset ${offset} of "${memory.name}": that is in the middle of a ` +
          `cache line of ${lineSize} bytes`,
      );
    }
    this.kind = memory.kind;
    this.words = wordsPart(memory, offset, this.size);
    this.mapping = memory.mapping && mappingFrom(memory.mapping, offset);
    this.#memory = memory;
  }

  flush(offset: number, length: number): void {
    this.#memory.flush(this.from("Flush", offset, length), length);
  }

  invalidate(offset: number, length: number): void {
    this.#memory.invalidate(this.from("Invalidate", offset, length), length);
  }
}

function mappingFrom(mapping: Mapping, offset: number): Mapping {
  const { byteOffset, address } = mapping;
  return {
    ...mapping,
    byteOffset: byteOffset + offset,
    address: address === undefined ? undefined : address + offset,
  };
}
