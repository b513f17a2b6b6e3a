import { isPowerOfTwo } from "../bits/align.ts";
import { MetalError } from "../error.ts";

/** What an allocator of addresses gives out. */
export interface IovaAllocatorOptions {
  /** The lowest address. */
  readonly first: number;
  /** The highest address. */
  readonly last: number;
  /** The unit, in bytes: a power of two. */
  readonly granule: number;
}

/**
 * Gives out addresses for devices: the lowest that are free. In the kernel: `alloc_iova`, which
 * starts at the highest.
 */
export interface IovaAllocator {
  /** Bytes that are given out, or reserved. */
  readonly used: number;
  /**
   * Gives out addresses, one after the other.
   *
   * @param length Bytes, 1 and up, rounded up to whole granules.
   * @param align What the first is a multiple of: a power of two. Default: the granule.
   * @returns The first.
   * @throws {MetalError} `NO_SPACE` where no so many lie together; `INVALID_ARGUMENT`.
   */
  allocate(length: number, align?: number): number;
  /**
   * Takes addresses that are not to be given out, or that somebody has chosen. In the kernel:
   * `reserve_iova`.
   *
   * @param first The first.
   * @param length Bytes.
   * @throws {MetalError} `OVERLAP` where some are taken; `MISALIGNED`; `OUT_OF_RANGE`.
   */
  reserve(first: number, length: number): void;
  /**
   * Takes addresses back, as they were given out or reserved.
   *
   * @param first The first.
   * @throws {MetalError} `NOT_OWNER` where none were given out from there.
   */
  free(first: number): void;
}

interface Free {
  readonly first: number;
  /** The one behind the last. */
  readonly end: number;
}

/**
 * Makes an allocator.
 *
 * @param options The addresses.
 * @returns The allocator, with all of them free.
 * @throws {MetalError} `INVALID_ARGUMENT` for addresses that are no whole granules.
 *
 * @example
 * ```ts
 * import { iovaAllocator } from "@openamp/libmetal";
 *
 * const iovas = iovaAllocator({ first: 0x1000, last: 0xffff, granule: 0x1000 });
 * const small = iovas.allocate(100);
 * const large = iovas.allocate(0x4000, 0x4000);
 * if (small !== 0x1000 || large !== 0x4000) throw new Error("The lowest that are aligned");
 * iovas.free(small);
 * if (iovas.allocate(1) !== small) throw new Error("Given out again");
 * ```
 */
export function iovaAllocator(options: IovaAllocatorOptions): IovaAllocator {
  const { first, last, granule } = options;
  const whole = first % granule === 0 && (last + 1) % granule === 0;
  if (
    !isPowerOfTwo(granule) ||
    !whole ||
    first < 0 ||
    last < first ||
    !Number.isSafeInteger(last)
  ) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Make an allocator of ${first} to ${last}: not whole granules of ${granule} within 0 to 2^53 - 1`,
    );
  }
  /** By rising address, and no two of them touch. */
  const free: Free[] = [{ first, end: last + 1 }];
  const taken = new Map<number, number>();
  let used = 0;

  /** The index of the first free range that ends behind an address. */
  function indexAt(address: number): number {
    let low = 0;
    let high = free.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (free[middle]!.end > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Takes a range out of the free one in which it lies. */
  function take(index: number, start: number, end: number): void {
    const range = free[index]!;
    const rest: Free[] = [];
    if (range.first < start) rest.push({ first: range.first, end: start });
    if (end < range.end) rest.push({ first: end, end: range.end });
    free.splice(index, 1, ...rest);
    taken.set(start, end);
    used += end - start;
  }

  return {
    get used() {
      return used;
    },
    allocate(length, align = granule) {
      const attempt = `Allocate ${length} bytes of device addresses`;
      if (!(length > 0) || !isPowerOfTwo(align)) {
        throw new MetalError("INVALID_ARGUMENT", `${attempt}, aligned to ${align}`);
      }
      const size = Math.ceil(length / granule) * granule;
      const step = Math.max(align, granule);
      for (let index = 0; index < free.length; index++) {
        const range = free[index]!;
        const start = Math.ceil(range.first / step) * step;
        if (size > range.end - start) continue;
        take(index, start, start + size);
        return start;
      }
      throw new MetalError("NO_SPACE", `${attempt}: no so many lie together, ${used} are used`);
    },
    reserve(start, length) {
      const attempt = `Reserve ${length} bytes of device addresses at ${start}`;
      if (!(start >= first && length > 0 && length <= last + 1 - start)) {
        throw new MetalError("OUT_OF_RANGE", `${attempt}: not within ${first} to ${last}`);
      }
      if (start % granule !== 0 || length % granule !== 0) {
        throw new MetalError("MISALIGNED", `${attempt}: not whole granules of ${granule}`);
      }
      const index = indexAt(start);
      const range = free[index];
      if (range === undefined || range.first > start || range.end < start + length) {
        throw new MetalError("OVERLAP", `${attempt}: some of them are taken`);
      }
      take(index, start, start + length);
    },
    free(start) {
      const end = taken.get(start);
      if (end === undefined) {
        throw new MetalError(
          "NOT_OWNER",
          `Free device addresses from ${start} on: none were given out there`,
        );
      }
      taken.delete(start);
      used -= end - start;
      const index = indexAt(start);
      const before = free[index - 1];
      const after = free[index];
      const joinsBefore = before?.end === start;
      const joinsAfter = after?.first === end;
      free.splice(joinsBefore ? index - 1 : index, (joinsBefore ? 1 : 0) + (joinsAfter ? 1 : 0), {
        first: joinsBefore && before !== undefined ? before.first : start,
        end: joinsAfter && after !== undefined ? after.end : end,
      });
    },
  };
}
