import { RemoteprocError } from "../error.ts";
import { hex } from "../hex.ts";

/** A part of an image that goes to memory; an `ElfSegment` is one. */
export interface LoadableSegment {
  /** Its number, for messages. */
  readonly index: number;
  /** Where it goes: a device address. */
  readonly physicalAddress: number;
  /** Bytes that it takes in memory, at least `bytes.length`. */
  readonly memorySize: number;
  /** What it starts with; zeros follow up to `memorySize`. */
  readonly bytes: Uint8Array;
}

/** What can be loaded; an `ElfImage` is one, and other image formats may be. */
export interface LoadableImage {
  /** What messages call it. */
  readonly name: string;
  /** In any order. */
  readonly segments: readonly LoadableSegment[];
}

/** Device addresses that the image must leave alone, such as our rings and buffers. */
export interface ReservedRange {
  /** What messages call it, such as `vdev0vring0`. */
  readonly name: string;
  /** Its first device address. */
  readonly address: number;
  /** Bytes that it takes. */
  readonly length: number;
}

/** The memory that an image is to be loaded into. */
export interface LoadTarget {
  /**
   * Whether the whole range lies in memory that the image may use.
   *
   * @param address The first device address.
   * @param length Bytes, at least 1.
   */
  fits(address: number, length: number): boolean;
  /** What no segment may touch. */
  readonly reserved: readonly ReservedRange[];
}

/** One step of loading: the bytes, then the zeros. */
export interface LoadWrite {
  /** Where the bytes go: a device address. */
  readonly address: number;
  /** What to write there. */
  readonly bytes: Uint8Array;
  /** How many zero bytes follow. */
  readonly zeroFill: number;
}

/** All writes that load an image, by rising address and without overlap. */
export interface LoadPlan {
  readonly writes: readonly LoadWrite[];
}

/**
 * Checks all of an image against all of the memory, and only then says what to write.
 *
 * Loading has two phases, so that an image which cannot be loaded leaves no half of it behind: this
 * one refuses or agrees as a whole and writes nothing, the caller then performs the writes.
 *
 * @param image What to load.
 * @param target Where to.
 * @returns The writes; empty segments have none.
 * @throws {RemoteprocError} `SEGMENT_OUTSIDE_MEMORY` when a segment does not fit wholly;
 *   `SEGMENT_OVERLAP` when it overlaps another one or a reserved range; `ELF_SEGMENT_SIZE` when it
 *   has more bytes than it takes in memory.
 *
 * @example
 * ```ts
 * import { planLoad } from "@openamp/remoteproc";
 *
 * const image = {
 *   name: "echo.elf",
 *   segments: [
 *     { index: 0, physicalAddress: 0x2100_0000, memorySize: 16, bytes: Uint8Array.of(1, 2, 3, 4) },
 *   ],
 * };
 * const { writes } = planLoad(image, {
 *   fits: (address, length) => address >= 0x2100_0000 && address + length <= 0x2200_0000,
 *   reserved: [{ name: "vdev0vring0", address: 0x21f0_0000, length: 4096 }],
 * });
 * if (writes[0]?.address !== 0x2100_0000 || writes[0].zeroFill !== 12) {
 *   throw new Error("Unexpected plan");
 * }
 * ```
 */
export function planLoad(image: LoadableImage, target: LoadTarget): LoadPlan {
  const segments = image.segments
    .filter(({ memorySize }) => memorySize > 0)
    .toSorted((left, right) => left.physicalAddress - right.physicalAddress);

  let previous: LoadableSegment | undefined;
  for (const segment of segments) {
    const { bytes, memorySize, physicalAddress } = segment;
    if (bytes.length > memorySize) {
      throw new RemoteprocError(
        "ELF_SEGMENT_SIZE",
        `${describe(image, segment)} has ${bytes.length} bytes to write`,
      );
    }
    if (!target.fits(physicalAddress, memorySize)) {
      throw new RemoteprocError(
        "SEGMENT_OUTSIDE_MEMORY",
        `${describe(image, segment)} lies outside the processor's memory`,
      );
    }
    // Segments are sorted and those before do not overlap, so only the nearest one can reach here.
    if (previous !== undefined && end(previous) > physicalAddress) {
      throw new RemoteprocError(
        "SEGMENT_OVERLAP",
        `${describe(image, segment)} overlaps segment ${previous.index}`,
      );
    }
    const taken = target.reserved.find(
      ({ address, length }) => address < end(segment) && physicalAddress < address + length,
    );
    if (taken !== undefined) {
      throw new RemoteprocError(
        "SEGMENT_OVERLAP",
        `${describe(image, segment)} overlaps ${taken.name}, ` +
          `${taken.length} bytes at ${hex(taken.address)}`,
      );
    }
    previous = segment;
  }

  return {
    writes: segments.map(({ bytes, memorySize, physicalAddress }) => ({
      address: physicalAddress,
      bytes,
      zeroFill: memorySize - bytes.length,
    })),
  };
}

function end(segment: LoadableSegment): number {
  return segment.physicalAddress + segment.memorySize;
}

function describe(image: LoadableImage, segment: LoadableSegment): string {
  const { index, memorySize, physicalAddress } = segment;
  return `${image.name}: segment ${index}, ${memorySize} bytes at ${hex(physicalAddress)},`;
}
