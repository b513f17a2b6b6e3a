import { MetalError } from "../error.ts";
import type { Memory } from "./memory.ts";
import { allows, type PeerAccess, type PeerRights } from "./peer_access.ts";
import type { SharedWords } from "./shared_words.ts";

/** A range of addresses that leads into a memory. */
export interface AddressRange {
  /** The name, for messages and look-ups: the memory's, or a carveout's. */
  readonly name: string;
  /** The first address as the peer names it (`da` or `bus`). */
  readonly address: number;
  /** The memory behind it. */
  readonly memory: Memory;
  /** Where in the memory the range starts, in bytes: a multiple of 4. Default 0. */
  readonly offset?: number;
  /** Bytes. Default: the rest of the memory. */
  readonly size?: number;
  /** What the peer may do there. Default `read-write`. */
  readonly access?: PeerAccess | "read-write";
}

/** A range as an address space keeps it: what an address resolved to. */
export interface AddressWindow extends PeerRights {
  /** The name. */
  readonly name: string;
  /** The first address as the peer names it. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  /** The memory behind it. */
  readonly memory: Memory;
  /** The memory's bytes. */
  readonly words: SharedWords;
  /** Subtract this from an address to get the offset in `words` and `memory`. */
  readonly bias: number;
}

/**
 * The addresses that one peer may name. Each peer has two: `da` (ELF, resource table) and `bus`
 * (descriptor addresses). Upstream: `remoteproc_mem` and the physmap of a region.
 */
export interface AddressSpace {
  /** Its windows, by rising address. */
  readonly windows: readonly AddressWindow[];
  /**
   * Finds the window in which a whole range lies. Allocates nothing.
   *
   * Ranges that cross from one window into the next are refused, even where the two touch: they
   * need not touch in memory.
   *
   * A window may end or shrink later, where an IOMMU is behind the space: look at its `address` and
   * `size` again before it is used for another range.
   *
   * @param address The first address; any number from the wire.
   * @param length Bytes, 0 and up.
   * @param access What the peer is about to do. Default: nothing that would be refused.
   * @returns The window, or undefined where any byte of the range lies outside, or must not be
   *   accessed like that.
   */
  resolve(address: number, length: number, access?: PeerAccess): AddressWindow | undefined;
}

/**
 * Makes an address space.
 *
 * @param ranges The ranges, in any order.
 * @returns The space.
 * @throws {MetalError} `OVERLAP` where two ranges share an address; `OUT_OF_RANGE` where one
 *   reaches beyond its memory or beyond 2^53 - 1; `MISALIGNED` where address and offset are not
 *   multiples of 4 together.
 *
 * @example
 * ```ts
 * import { addressSpace, bufferMemory } from "@openamp/libmetal";
 *
 * const ddr = bufferMemory({ name: "ddr", physicalAddress: 0x3ed00000, buffer: new ArrayBuffer(256) });
 * const space = addressSpace([{ name: "ddr", address: 0x3ed00000, memory: ddr }]);
 * const window = space.resolve(0x3ed00010, 4);
 * if (window === undefined) throw new Error("The range is inside");
 * if (0x3ed00010 - window.bias !== 16) throw new Error("The bias leads to the offset");
 * ```
 */
export function addressSpace(ranges: readonly AddressRange[]): AddressSpace {
  const windows = ranges.map(windowOf).sort((a, b) => a.address - b.address);
  for (const [index, window] of windows.entries()) {
    const next = windows[index + 1];
    if (next !== undefined && window.address + window.size > next.address) {
      throw new MetalError(
        "OVERLAP",
        `Make an address space: ${describe(window)} overlaps ${describe(next)}`,
      );
    }
  }
  return {
    windows,
    resolve(address, length, access) {
      // A fraction would be cut off where it becomes an index, behind this check.
      if (!Number.isInteger(address) || !Number.isInteger(length)) return undefined;
      for (let index = 0; index < windows.length; index++) {
        const window = windows[index]!;
        const offset = address - window.address;
        // Differences, so that no sum can wrap or round: address + length may exceed 2^53.
        if (offset >= 0 && offset <= window.size && length >= 0 && length <= window.size - offset) {
          return allows(window, access) ? window : undefined;
        }
      }
      return undefined;
    },
  };
}

function windowOf(range: AddressRange): AddressWindow {
  const { name, address, memory, access = "read-write" } = range;
  const offset = range.offset ?? 0;
  const size = range.size ?? memory.size - offset;
  if (offset < 0 || size <= 0 || offset + size > memory.size) {
    throw new MetalError(
      "OUT_OF_RANGE",
      `Make an address space: "${name}" takes ${size} bytes from offset ${offset}, ` +
        `memory "${memory.name}" has ${memory.size}`,
    );
  }
  if (address < 0 || !Number.isSafeInteger(address + size)) {
    throw new MetalError(
      "OUT_OF_RANGE",
      `Make an address space: "${name}" at ${address} is not within 0 to 2^53 - 1`,
    );
  }
  if (address % 4 !== 0 || offset % 4 !== 0) {
    throw new MetalError(
      "MISALIGNED",
      `Make an address space: "${name}" at 0x${address.toString(16)}, offset ${offset}: ` +
        "both are to be multiples of 4, so that words stay aligned",
    );
  }
  return {
    name,
    address,
    size,
    memory,
    words: memory.words,
    bias: address - offset,
    readable: access !== "write",
    writable: access !== "read",
  };
}

function describe(window: AddressWindow): string {
  const end = window.address + window.size - 1;
  return `"${window.name}" (0x${window.address.toString(16)} to 0x${end.toString(16)})`;
}
