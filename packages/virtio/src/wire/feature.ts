/** Feature bits that belong to the ring and the transport (VirtIO 1.3 §6), as bit numbers. */
export const VirtioFeature = {
  /** `VIRTIO_RING_F_INDIRECT_DESC`: descriptors may point at tables of descriptors. */
  indirectDescriptors: 28,
  /** `VIRTIO_RING_F_EVENT_IDX`: notifications are suppressed by index, not by flag. */
  eventIndex: 29,
  /** `VIRTIO_F_VERSION_1`: not legacy. */
  version1: 32,
} as const;

/**
 * Tells whether a set of features has a bit.
 *
 * @param features The set, bit n for feature n.
 * @param bit The feature's number, 0 to 63.
 * @returns True where the bit is set.
 *
 * @example
 * ```ts
 * import { hasFeature, VirtioFeature } from "@openamp/virtio/wire";
 *
 * if (!hasFeature(1n << 29n, VirtioFeature.eventIndex)) throw new Error("Bit 29 is EVENT_IDX");
 * ```
 */
export function hasFeature(features: bigint, bit: number): boolean {
  return ((features >> BigInt(bit)) & 1n) === 1n;
}
