import { isPowerOfTwo } from "../bits/align.ts";
import { MetalError } from "../error.ts";
import type { RegionIdentity } from "./region_checks.ts";

/** The pages of a region whose physical addresses do not follow one another. */
export interface PageMap {
  /** Bytes of a page: a power of two, 8 and up. Upstream: `1 << page_shift`. */
  readonly pageSize: number;
  /**
   * The physical address of each page, 0 to 2^53 - 1, in the order of the region; no two of them
   * share a byte. Upstream: `physmap`.
   */
  readonly addresses: readonly number[];
}

/** The physical addresses of a region: those from one on, or a map of its pages. */
export type PhysicalAddresses = number | PageMap;

/** The translation between offsets and physical addresses. */
export interface PhysicalMap {
  /** The physical address of offset 0. */
  readonly first: number;
  /** The physical address of an offset, which lies in the region. */
  at(offset: number): number;
  /** How many bytes from such an offset on have addresses that follow one another. */
  run(offset: number): number;
  /** The offset of a physical address: any number. */
  offsetOf(physical: number): number | undefined;
}

/**
 * Makes the translation of a region.
 *
 * @param action What is attempted, on what.
 * @param physical Its addresses.
 * @param size Bytes of the region.
 * @returns The translation.
 * @throws {MetalError} `INVALID_ARGUMENT` for addresses that are not within 0 to 2^53 - 1, and for
 *   pages that do not cover the region; `OVERLAP` where two pages share a byte.
 */
export function physicalMap(
  action: string,
  physical: PhysicalAddresses,
  size: number,
): PhysicalMap {
  if (typeof physical !== "number") return pagedMap(action, physical, size);
  checkAddress(action, physical, size);
  return {
    first: physical,
    at: (offset) => physical + offset,
    run: (offset) => size - offset,
    offsetOf(address) {
      const offset = address - physical;
      return Number.isInteger(offset) && offset >= 0 && offset < size ? offset : undefined;
    },
  };
}

function pagedMap(action: string, { pageSize, addresses }: PageMap, size: number): PhysicalMap {
  if (!isPowerOfTwo(pageSize) || pageSize < 8) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: a page of ${pageSize} bytes is no power of two from 8 on`,
    );
  }
  const count = Math.ceil(size / pageSize);
  if (addresses.length !== count) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: ${addresses.length} pages of ${pageSize} bytes are given, and ${size} bytes ` +
        `take ${count}`,
    );
  }
  // Our own copy: the caller's array may change later.
  const pages = Float64Array.from(addresses);
  /** Bytes of a page that belong to the region: the last one may end early. */
  const bytesOf = (page: number): number => Math.min(pageSize, size - page * pageSize);
  for (const [page, address] of pages.entries()) checkAddress(action, address, bytesOf(page));

  const byAddress = Uint32Array.from(pages.keys()).sort((a, b) => pages[a]! - pages[b]!);
  for (let rank = 1; rank < count; rank++) {
    const [low, high] = [byAddress[rank - 1]!, byAddress[rank]!];
    if (pages[low]! + bytesOf(low) <= pages[high]!) continue;
    throw new MetalError(
      "OVERLAP",
      `${action}: page ${low} at 0x${pages[low]!.toString(16)} overlaps ` +
        `page ${high} at 0x${pages[high]!.toString(16)}`,
    );
  }

  /** Where the pages that follow one another end, for each of them. */
  const ends = new Float64Array(count);
  for (let page = count - 1; page >= 0; page--) {
    const end = page * pageSize + bytesOf(page);
    const follows = page + 1 < count && pages[page + 1] === pages[page]! + pageSize;
    ends[page] = follows ? ends[page + 1]! : end;
  }

  return {
    first: pages[0]!,
    at: (offset) => pages[Math.floor(offset / pageSize)]! + (offset % pageSize),
    run: (offset) => ends[Math.floor(offset / pageSize)]! - offset,
    offsetOf(address) {
      if (!Number.isInteger(address)) return undefined;
      // The last page that starts at or below the address.
      let [low, high] = [0, count];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (pages[byAddress[middle]!]! <= address) low = middle + 1;
        else high = middle;
      }
      if (low === 0) return undefined;
      const page = byAddress[low - 1]!;
      const within = address - pages[page]!;
      return within < bytesOf(page) ? page * pageSize + within : undefined;
    },
  };
}

function checkAddress(action: string, address: number, length: number): void {
  // The end as well: an address behind it is compared with it.
  if (Number.isSafeInteger(address) && address >= 0 && Number.isSafeInteger(address + length)) {
    return;
  }
  throw new MetalError(
    "INVALID_ARGUMENT",
    `${action}: physical address ${address} is not within 0 to 2^53 - 1`,
  );
}

/**
 * Translates an offset.
 *
 * @throws {MetalError} `OUT_OF_RANGE` where the region has no such byte.
 */
export function physicalAt(
  region: RegionIdentity,
  map: Pick<PhysicalMap, "at">,
  offset: number,
): number {
  checkByte(region, offset);
  return map.at(offset);
}

/**
 * Tells how far physical addresses follow one another.
 *
 * @throws {MetalError} `OUT_OF_RANGE` where the region has no such byte.
 */
export function physicalRun(
  region: RegionIdentity,
  map: Pick<PhysicalMap, "run">,
  offset: number,
): number {
  checkByte(region, offset);
  return map.run(offset);
}

function checkByte(region: RegionIdentity, offset: number): void {
  if (Number.isInteger(offset) && offset >= 0 && offset < region.size) return;
  throw new MetalError(
    "OUT_OF_RANGE",
    `Translate offset ${offset} of "${region.name}" to a physical address: it has ` +
      `${region.size} bytes`,
  );
}
