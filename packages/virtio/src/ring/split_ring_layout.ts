import { isPowerOfTwo } from "@openamp/libmetal";

import { VirtioError } from "../error.ts";
import {
  AVAILABLE_ELEMENT_SIZE,
  AVAILABLE_RING,
  DESCRIPTOR_SIZE,
  QUEUE_SIZE_MAX,
  USED_ELEMENT_SIZE,
  USED_RING,
  USED_RING_ALIGN,
} from "../wire/split_ring.ts";

/** The largest alignment that a 32-bit field can name. */
const RING_ALIGN_MAX = 2 ** 31;

/** Where the parts of a split ring lie, in bytes from the ring's start. */
export interface SplitRingLayout {
  /** Entries: a power of two, 1 to 32768. */
  readonly size: number;
  /** Alignment of the used ring. */
  readonly align: number;
  /** The descriptor table: always 0. */
  readonly descriptors: number;
  /** The available ring. */
  readonly available: number;
  /** The used ring. */
  readonly used: number;
  /** Bytes of the whole. */
  readonly byteLength: number;
}

/**
 * Lays out a split ring of one piece, as legacy transports and the resource table have it
 * (VirtIO 1.3 §2.7.2; `vring_init` of `<linux/virtio_ring.h>`).
 *
 * @param size Entries: a power of two, 1 to 32768.
 * @param align Alignment of the used ring: a power of two, 4 to 2^31.
 * @returns The offsets.
 * @throws {VirtioError} `RING_SIZE` or `RING_ALIGN`.
 *
 * @example
 * ```ts
 * import { splitRingLayout } from "@openamp/virtio";
 *
 * const ring = splitRingLayout(256, 4096);
 * if (ring.used !== 8192 || ring.byteLength !== 10246) throw new Error("As vring_size() says");
 * ```
 */
export function splitRingLayout(size: number, align: number): SplitRingLayout {
  checkQueueSize(size);
  if (!isPowerOfTwo(align) || align < USED_RING_ALIGN || align > RING_ALIGN_MAX) {
    throw new VirtioError(
      "RING_ALIGN",
      `Lay out a ring: alignment ${align} is no power of two from ${USED_RING_ALIGN} to 2^31`,
    );
  }
  const available = size * DESCRIPTOR_SIZE;
  // Both rings end with the other side's event index, whether or not it is used.
  const used = Math.ceil((available + availableRingBytes(size)) / align) * align;
  return {
    size,
    align,
    descriptors: 0,
    available,
    used,
    byteLength: used + usedRingBytes(size),
  };
}

/** Bytes of the available ring with `used_event`. */
export function availableRingBytes(size: number): number {
  return AVAILABLE_RING + size * AVAILABLE_ELEMENT_SIZE + 2;
}

/** Bytes of the used ring with `avail_event`. */
export function usedRingBytes(size: number): number {
  return USED_RING + size * USED_ELEMENT_SIZE + 2;
}

/**
 * Refuses a size that no split queue can have (§2.7).
 *
 * @param size Entries.
 * @throws {VirtioError} `RING_SIZE`.
 */
export function checkQueueSize(size: number): void {
  if (!isPowerOfTwo(size) || size > QUEUE_SIZE_MAX) {
    throw new VirtioError(
      "RING_SIZE",
      `Lay out a ring: size ${size} is no power of two from 1 to ${QUEUE_SIZE_MAX}`,
    );
  }
}
