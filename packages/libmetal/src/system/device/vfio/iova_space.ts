import { MetalError } from "../../../error.ts";

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
  /** In ascending order. */
  let taken: readonly AddressRange[] = [];

  const overlaps = ({ start, end }: AddressRange): boolean =>
    taken.some((each) => start < each.end && each.start < end);

  function place(action: string, size: number, address: number): AddressRange {
    const wanted = { start: address, end: address + size };
    const what = `0x${address.toString(16)} to 0x${(wanted.end - 1).toString(16)}`;
    if (!ranges.some((range) => range.start <= wanted.start && wanted.end <= range.end)) {
      const possible = ranges
        .map(({ start, end }) => `0x${start.toString(16)} to 0x${(end - 1).toString(16)}`)
        .join(", ");
      throw new MetalError(
        "OUT_OF_RANGE",
        `${action}: the IOMMU does not translate ${what}, only ${possible}`,
      );
    }
    if (overlaps(wanted)) {
      throw new MetalError("OVERLAP", `${action}: of ${what} some are mapped already`);
    }
    return wanted;
  }

  function search(action: string, size: number): AddressRange {
    for (const range of ranges) {
      let start = Math.max(Math.ceil(range.start / granule) * granule, granule);
      for (const each of taken) {
        if (each.end <= start) continue;
        if (start + size <= each.start) break;
        start = each.end;
      }
      if (start + size <= range.end) return { start, end: start + size };
    }
    throw new MetalError("NO_SPACE", `${action}: no ${size} addresses in a row are left`);
  }

  return {
    take(action, size, address) {
      const range = address === undefined ? search(action, size) : place(action, size, address);
      taken = [...taken, range].sort((one, other) => one.start - other.start);
      return {
        ...range,
        [Symbol.dispose]() {
          taken = taken.filter((each) => each !== range);
        },
      };
    },
  };
}
