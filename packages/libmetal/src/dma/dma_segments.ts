import type { DeviceAccess, DeviceDma } from "../device/device_dma.ts";
import { MetalError } from "../error.ts";
import type { AddressSpace } from "../memory/address_space.ts";
import { pieceAt, type ScatterEntry, type ScatterLimits } from "./scatter_list.ts";

/** A range of addresses as a device names it. */
export interface DmaSegment {
  /** The first address. */
  readonly address: number;
  /** Bytes, 1 and up. */
  readonly length: number;
}

/** What a device can take. In the kernel: its DMA mask and `device_dma_parameters`. */
export interface DmaLimits extends ScatterLimits {
  /** The highest address that it can name. Default 2^53 - 1. */
  readonly maximumAddress?: number;
  /** The most segments of a mapping. Default: any number. */
  readonly maximumSegments?: number;
}

/** The addresses of an entry, each range of them in one piece. */
export type Addressing = (attempt: string, entry: ScatterEntry) => readonly DmaSegment[];

/** A device that names physical addresses. */
export const physicalAddressing: Addressing = (_, { memory, offset, length }) => {
  const runs: DmaSegment[] = [];
  for (let done = 0; done < length;) {
    const run = Math.min(length - done, memory.physicalRun(offset + done));
    runs.push({ address: memory.physicalAt(offset + done), length: run });
    done += run;
  }
  return runs;
};

/** A device whose bus has other addresses for the same physical ones. */
export function busAddressing(space: AddressSpace): Addressing {
  return (attempt, entry) =>
    physicalAddressing(attempt, entry).flatMap(({ address, length }) => {
      const runs: DmaSegment[] = [];
      for (let done = 0; done < length;) {
        const run = busRun(space, address + done, length - done);
        if (run === undefined) {
          throw new MetalError(
            "FAULT",
            `${attempt}: its bus has no address for 0x${(address + done).toString(16)} ` +
              `of "${entry.memory.name}"`,
          );
        }
        runs.push(run);
        done += run.length;
      }
      return runs;
    });
}

/** Where a bus has physical addresses, as far as they lie in one window. */
function busRun(space: AddressSpace, physical: number, length: number): DmaSegment | undefined {
  for (const { memory, address, size, bias } of space.windows) {
    const offset = memory.offsetOf(physical);
    if (offset === undefined) continue;
    const inside = offset + bias - address;
    if (inside < 0 || inside >= size) continue;
    const run = Math.min(length, size - inside, memory.physicalRun(offset));
    return { address: offset + bias, length: run };
  }
  return undefined;
}

/** A device behind an IOMMU: its addresses are made for the mapping, and end with it. */
export function iommuAddressing(
  dma: DeviceDma,
  access: DeviceAccess,
  made: Disposable[],
): Addressing {
  const { granule } = dma;
  return (attempt, { memory, offset, length }) => {
    // Whole granules: what lies beside the bytes in them, the device can reach too.
    const before = offset % granule;
    const rounded = Math.ceil((before + length) / granule) * granule;
    if (offset - before + rounded > memory.size) {
      throw new MetalError(
        "MISALIGNED",
        `${attempt}: the last ${granule} bytes of "${memory.name}" are no whole page`,
      );
    }
    const mapping = dma.map({ memory, offset: offset - before, length: rounded, access });
    made.push(mapping);
    return [{ address: mapping.address + before, length }];
  };
}

/**
 * Makes the segments of a mapping: joined where their addresses follow one another, and cut as the
 * device asks.
 *
 * @throws {MetalError} `OUT_OF_RANGE` for an address that it cannot name; `NO_SPACE` for too many.
 */
export function segmentsWithin(
  attempt: string,
  runs: readonly DmaSegment[],
  limits: DmaLimits,
): readonly DmaSegment[] {
  const { maximumAddress = Number.MAX_SAFE_INTEGER, maximumSegments = Infinity } = limits;
  const segments: DmaSegment[] = [];
  for (const { address, length } of joined(runs)) {
    if (address + length - 1 > maximumAddress) {
      throw new MetalError(
        "OUT_OF_RANGE",
        `${attempt}: ${length} bytes at 0x${address.toString(16)} lie beyond its highest ` +
          `address, 0x${maximumAddress.toString(16)}`,
      );
    }
    for (let done = 0; done < length;) {
      const piece = pieceAt(address + done, length - done, limits);
      segments.push({ address: address + done, length: piece });
      done += piece;
    }
  }
  if (segments.length > maximumSegments) {
    throw new MetalError(
      "NO_SPACE",
      `${attempt}: it takes ${segments.length} segments, and the device ${maximumSegments}`,
    );
  }
  return segments;
}

function joined(runs: readonly DmaSegment[]): readonly DmaSegment[] {
  const all: DmaSegment[] = [];
  for (const run of runs) {
    const last = all.at(-1);
    if (last !== undefined && last.address + last.length === run.address) {
      all[all.length - 1] = { address: last.address, length: last.length + run.length };
    } else all.push(run);
  }
  return all;
}
