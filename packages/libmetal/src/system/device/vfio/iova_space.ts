import { MetalError } from "../../../error.ts";
import { type IovaAllocator, iovaAllocator } from "../../../iommu/iova_allocator.ts";

/** Addresses from `start` up to and without `end`. */
export interface AddressRange {
  /** The first one. */
  readonly start: number;
  /** The first one behind it. */
  readonly end: number;
}

/** The addresses that devices behind one IOMMU use, and which of them are taken. */
export interface IovaSpace {
  /**
   * Takes addresses.
   *
   * @param action What is attempted, on what.
   * @param size How many: a multiple of the granule.
   * @param address The first one. Default: the lowest that has room.
   * @returns What was taken; disposing gives it back.
   * @throws {MetalError} `OUT_OF_RANGE` where the IOMMU cannot translate them; `OVERLAP` with those
   *   that are taken; `NO_SPACE` where there is no room.
   */
  take(action: string, size: number, address?: number): AddressRange & Disposable;
}

/**
 * Makes a space with nothing taken.
 *
 * @param ranges What the IOMMU translates, in ascending order.
 * @param granule The smallest unit. Address 0 is never given: it would look like none.
 */
export function iovaSpace(ranges: readonly AddressRange[], granule: number): IovaSpace {
  const whole = ranges
    .map(({ start, end }) => ({
      start: Math.max(Math.ceil(start / granule), 1) * granule,
      end: Math.floor(end / granule) * granule,
    }))
    .filter(({ start, end }) => start < end);
  const allocator = allocatorOf(whole, granule);

  function refuseOutside(action: string, start: number, end: number): void {
    if (ranges.some((range) => range.start <= start && end <= range.end)) return;
    const possible = ranges.map((range) => written(range.start, range.end)).join(", ");
    throw new MetalError(
      "OUT_OF_RANGE",
      `${action}: the IOMMU does not translate ${written(start, end)}, only ${possible}`,
    );
  }

  return {
    take(action, size, address) {
      if (address !== undefined) refuseOutside(action, address, address + size);
      let start: number;
      try {
        start = address ?? allocator.allocate(size);
        if (address !== undefined) allocator.reserve(address, size);
      } catch (cause) {
        if (!(cause instanceof MetalError)) throw cause;
        throw new MetalError(cause.code, `${action}: ${cause.message}`, { cause });
      }
      return { start, end: start + size, [Symbol.dispose]: () => allocator.free(start) };
    },
  };
}

/** An allocator of all ranges, in which what lies between them is taken for good. */
function allocatorOf(ranges: readonly AddressRange[], granule: number): IovaAllocator {
  const [first, last] = [ranges[0], ranges.at(-1)];
  if (first === undefined || last === undefined) {
    throw new MetalError("UNSUPPORTED", "Use an IOMMU: it translates no addresses at all");
  }
  const allocator = iovaAllocator({ first: first.start, last: last.end - 1, granule });
  ranges.forEach(({ end }, index) => {
    const next = ranges[index + 1];
    if (next !== undefined && next.start > end) allocator.reserve(end, next.start - end);
  });
  return allocator;
}

function written(start: number, end: number): string {
  return `0x${start.toString(16)} to 0x${(end - 1).toString(16)}`;
}
