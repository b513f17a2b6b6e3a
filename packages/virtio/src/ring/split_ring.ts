import type { AddressSpace, SharedWords } from "@openamp/libmetal";

import { VirtioError } from "../error.ts";
import {
  AVAILABLE_RING_ALIGN,
  DESCRIPTOR_SIZE,
  DESCRIPTOR_TABLE_ALIGN,
  USED_RING_ALIGN,
} from "../wire/split_ring.ts";
import {
  availableRingBytes,
  checkQueueSize,
  splitRingLayout,
  usedRingBytes,
} from "./split_ring_layout.ts";

/** A part of a ring in memory. */
export interface RingPart {
  /** The memory's bytes. */
  readonly words: SharedWords;
  /** Where in them the part starts. */
  readonly offset: number;
  /** Bytes. */
  readonly byteLength: number;
}

/** A split ring in memory: its three parts, checked to lie inside it and apart from one another. */
export interface SplitRing {
  /** Entries: a power of two, 1 to 32768. */
  readonly size: number;
  /** The descriptor table; the driver writes it. */
  readonly descriptors: RingPart;
  /** The available ring; the driver writes it. */
  readonly available: RingPart;
  /** The used ring; the device writes it. */
  readonly used: RingPart;
}

/** The addresses of a ring whose parts lie apart (VirtIO 1.3 §4.2.2, §4.1.4.3). */
export interface SplitRingAddresses {
  /** Entries: a power of two, 1 to 32768. */
  readonly size: number;
  /** Address of the descriptor table: a multiple of 16. */
  readonly descriptors: number;
  /** Address of the available ring: a multiple of 2. */
  readonly available: number;
  /** Address of the used ring: a multiple of 4. */
  readonly used: number;
}

/**
 * Finds a ring of one piece in the peer's memory.
 *
 * Where that memory is not coherent, the used ring, which the device writes, needs cache lines of its
 * own: `align` and `address` are multiples of a line then.
 *
 * @param space The memories that the peer may name.
 * @param address Where the ring starts: a multiple of 16, and of `align` for legacy peers.
 * @param size Entries: a power of two, 1 to 32768.
 * @param align Alignment of the used ring: a power of two, 4 to 2^31.
 * @returns The ring.
 * @throws {VirtioError} `RING_SIZE`, `RING_ALIGN` or `RING_OUTSIDE`.
 */
export function splitRing(
  space: AddressSpace,
  address: number,
  size: number,
  align: number,
): SplitRing {
  const layout = splitRingLayout(size, align);
  if (space.resolve(address, layout.byteLength) === undefined) {
    throw outside("ring", address, layout.byteLength);
  }
  return splitRingAt(space, {
    size,
    descriptors: address + layout.descriptors,
    available: address + layout.available,
    used: address + layout.used,
  });
}

/**
 * Finds a ring whose three parts have addresses of their own.
 *
 * @param space The memories that the peer may name.
 * @param addresses The size and the addresses, as a register or a driver gave them.
 * @returns The ring.
 * @throws {VirtioError} `RING_SIZE`, `RING_ALIGN`, `RING_OUTSIDE` or `RING_OVERLAP`.
 */
export function splitRingAt(space: AddressSpace, addresses: SplitRingAddresses): SplitRing {
  const { size } = addresses;
  checkQueueSize(size);
  const descriptors = part(
    space,
    "descriptor table",
    addresses.descriptors,
    size * DESCRIPTOR_SIZE,
    DESCRIPTOR_TABLE_ALIGN,
  );
  const available = part(
    space,
    "available ring",
    addresses.available,
    availableRingBytes(size),
    AVAILABLE_RING_ALIGN,
  );
  const used = part(space, "used ring", addresses.used, usedRingBytes(size), USED_RING_ALIGN);
  refuseOverlap("descriptor table", descriptors, "available ring", available);
  refuseOverlap("available ring", available, "used ring", used);
  refuseOverlap("descriptor table", descriptors, "used ring", used);
  refuseSharedLine("descriptor table", descriptors, used);
  refuseSharedLine("available ring", available, used);
  return { size, descriptors, available, used };
}

/**
 * Zeroes a ring: what a driver does before it hands it over (VirtIO 1.3 §3.1.1 step 7).
 *
 * @param ring The ring.
 */
export function clearSplitRing(ring: SplitRing): void {
  for (const { words, offset, byteLength } of [ring.descriptors, ring.available, ring.used]) {
    words.fill(offset, 0, byteLength);
    words.flush(offset, byteLength);
  }
}

function part(
  space: AddressSpace,
  what: string,
  address: number,
  byteLength: number,
  align: number,
): RingPart {
  if (address % align !== 0) {
    throw new VirtioError(
      "RING_ALIGN",
      `Find the ${what} at 0x${address.toString(16)}: not a multiple of ${align}`,
    );
  }
  const window = space.resolve(address, byteLength);
  if (window === undefined) throw outside(what, address, byteLength);
  return { words: window.words, offset: address - window.bias, byteLength };
}

function outside(what: string, address: number, byteLength: number): VirtioError {
  return new VirtioError(
    "RING_OUTSIDE",
    `Find the ${what} at 0x${address.toString(16)}: its ${byteLength} bytes do not lie in one ` +
      "memory that the peer may name",
  );
}

/** What the device writes and what the driver writes may not be in one cache line. */
function refuseSharedLine(name: string, driverPart: RingPart, used: RingPart): void {
  const { words } = used;
  const line = words.lineSize;
  if (line === 1 || driverPart.words !== words) return;
  const apart =
    lastLine(driverPart, line) < firstLine(used, line) ||
    lastLine(used, line) < firstLine(driverPart, line);
  if (apart) return;
  throw new VirtioError(
    "RING_ALIGN",
    `Find a ring: the ${name} and the used ring share a cache line of ${line} bytes, and the memory ` +
      `is not coherent; align the used ring to ${line}`,
  );
}

function firstLine({ offset }: RingPart, line: number): number {
  return Math.floor(offset / line);
}

function lastLine({ offset, byteLength }: RingPart, line: number): number {
  return Math.floor((offset + byteLength - 1) / line);
}

function refuseOverlap(nameA: string, a: RingPart, nameB: string, b: RingPart): void {
  const apart = a.offset + a.byteLength <= b.offset || b.offset + b.byteLength <= a.offset;
  if (a.words === b.words && !apart) {
    throw new VirtioError("RING_OVERLAP", `Find a ring: the ${nameA} overlaps the ${nameB}`);
  }
}
