import type { SplitRingAddresses, VirtioErrorCode } from "@openamp/virtio";

/** A ring of one piece, as a resource table offers it. */
export interface RingOffer {
  /** What is wrong with it, in a few words. */
  readonly name: string;
  /** Entries. */
  readonly size: number;
  /** Alignment of the used ring. */
  readonly align: number;
  /** Where the ring starts. */
  readonly address: number;
  /** What set-up is to say. */
  readonly refusal: VirtioErrorCode;
}

/** A ring of three parts, as a driver offers it in registers. */
export interface RingPartsOffer extends SplitRingAddresses {
  /** What is wrong with it, in a few words. */
  readonly name: string;
  /** What set-up is to say. */
  readonly refusal: VirtioErrorCode;
}

/** The memory that an offer is made for: good rings of 16 entries lie well inside. */
export interface RingPlace {
  /** Its first address: a multiple of 65536. */
  readonly address: number;
  /** Bytes: 8192 and up. */
  readonly length: number;
}

const good = (place: RingPlace): Omit<RingOffer, "name" | "refusal"> => ({
  size: 16,
  align: 4096,
  address: place.address,
});

/**
 * T19: sizes that no split queue can have (VirtIO 1.3 §2.7).
 *
 * @param place The memory that the offers are made for.
 * @returns The offers, each with the refusal that it is to meet.
 */
export function badSizes(place: RingPlace): readonly RingOffer[] {
  return [0, 3, 15, 17, 32767, 32769, 65535, 65536, 2 ** 31, 2 ** 32 - 1, -1, 0.5, Number.NaN].map(
    (size) => ({ ...good(place), name: `size ${size}`, size, refusal: "RING_SIZE" }),
  );
}

/**
 * T20: alignments that divide by zero, or overflow.
 *
 * @param place The memory that the offers are made for.
 * @returns The offers, each with the refusal that it is to meet.
 */
export function badAligns(place: RingPlace): readonly RingOffer[] {
  const refused = [0, 1, 2, 3, 5, 6, 4095, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 53 - 1, -4, Number.NaN];
  return [
    ...refused.map((align): RingOffer => ({
      ...good(place),
      name: `align ${align}`,
      align,
      refusal: "RING_ALIGN",
    })),
    {
      ...good(place),
      name: "align 2^31, which leads outside",
      align: 2 ** 31,
      refusal: "RING_OUTSIDE",
    },
  ];
}

/**
 * T21: rings of one piece that lie wrong.
 *
 * @param place The memory that the offers are made for.
 * @returns The offers, each with the refusal that it is to meet.
 */
export function badPlaces(place: RingPlace): readonly RingOffer[] {
  const end = place.address + place.length;
  const misaligned = [1, 2, 4, 8, 15].map((by): RingOffer => ({
    ...good(place),
    name: `${by} bytes off`,
    address: place.address + by,
    refusal: "RING_ALIGN",
  }));
  const outside = [
    end,
    end - 16,
    place.address - 16,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 64,
    Number.NaN,
  ].map((address): RingOffer => ({
    ...good(place),
    name: `at ${address}`,
    address,
    refusal: "RING_OUTSIDE",
  }));
  return [...misaligned, ...outside];
}

/**
 * T21: rings of three parts of which one is misaligned, outside, or over another.
 *
 * @param place The memory that the offers are made for.
 * @returns The offers, each with the refusal that it is to meet.
 */
export function badParts(place: RingPlace): readonly RingPartsOffer[] {
  const { address, length } = place;
  const parts: SplitRingAddresses = {
    size: 16,
    descriptors: address,
    available: address + 256,
    used: address + 512,
  };
  const offer = (
    name: string,
    refusal: VirtioErrorCode,
    changes: Partial<SplitRingAddresses>,
  ): RingPartsOffer => ({ ...parts, ...changes, name, refusal });
  return [
    offer("descriptors 8 bytes off", "RING_ALIGN", { descriptors: address + 8 }),
    offer("available ring 1 byte off", "RING_ALIGN", { available: address + 257 }),
    offer("used ring 2 bytes off", "RING_ALIGN", { used: address + 514 }),
    offer("descriptors behind the end", "RING_OUTSIDE", { descriptors: address + length }),
    offer("available ring across the end", "RING_OUTSIDE", { available: address + length - 36 }),
    offer("used ring across the end", "RING_OUTSIDE", { used: address + length - 132 }),
    offer("available ring over the last descriptor", "RING_OVERLAP", { available: address + 254 }),
    offer("used ring over used_event", "RING_OVERLAP", { used: address + 256 + 36 }),
    offer("used ring over the descriptors", "RING_OVERLAP", { used: address }),
    offer("descriptors over the used ring", "RING_OVERLAP", { descriptors: address + 512 + 128 }),
    offer("all at one address", "RING_OVERLAP", { available: address, used: address }),
  ];
}
