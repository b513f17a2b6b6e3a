import {
  AVAILABLE_FLAGS,
  AVAILABLE_INDEX,
  AVAILABLE_RING,
  DESCRIPTOR_ADDRESS,
  DESCRIPTOR_FLAGS,
  DESCRIPTOR_LENGTH,
  DESCRIPTOR_NEXT,
  DESCRIPTOR_SIZE,
  USED_ELEMENT_ID,
  USED_ELEMENT_LENGTH,
  USED_ELEMENT_SIZE,
  USED_FLAGS,
  USED_INDEX,
  USED_RING,
  VIRTQ_DESC_F_NEXT,
} from "@openamp/virtio/wire";
import type { RingPart, SplitRing } from "@openamp/virtio";

import type { SeededRandom } from "../../random/seeded_random.ts";

/** A descriptor, with nothing checked. */
export interface RawDescriptor {
  /** 64 bits. */
  readonly address: bigint | number;
  /** 32 bits. */
  readonly length: number;
  /** 16 bits. Default 0. */
  readonly flags?: number;
  /** 16 bits. Default 0. */
  readonly next?: number;
}

/**
 * A split ring word by word, for either side, with nothing checked and nothing remembered: what a
 * hostile or broken peer has in its hands. Values are cut to the width of their field.
 */
export interface RawSplitRing {
  /** Entries. */
  readonly size: number;
  /** `idx` of the available ring. */
  availableIndex: number;
  /** `flags` of the available ring. */
  availableFlags: number;
  /** `used_event`, behind the available ring. */
  usedEvent: number;
  /** `idx` of the used ring. */
  usedIndex: number;
  /** `flags` of the used ring. */
  usedFlags: number;
  /** `avail_event`, behind the used ring. */
  availableEvent: number;
  /** Writes a descriptor. */
  setDescriptor(index: number, descriptor: RawDescriptor): void;
  /**
   * Writes a chain into descriptors that follow one another, each leading to the one behind it: NEXT
   * is added to the flags of all but the last, and `next` is theirs to say otherwise.
   */
  setChain(first: number, chain: readonly RawDescriptor[]): void;
  /** Reads a descriptor. */
  descriptor(index: number): Required<RawDescriptor>;
  /** Reads the head that stands at an available index. */
  availableHead(index: number): number;
  /** Reads id and length that stand at a used index. */
  usedElement(index: number): readonly [id: number, length: number];
  /** Puts heads into the available ring, from where its index stands, and publishes them. */
  offer(...heads: readonly number[]): void;
  /** Puts id and length into the used ring, from where its index stands, and publishes them. */
  giveBack(...elements: readonly (readonly [id: number, length: number])[]): void;
  /** Fills one part with random bytes, its index and event word with it. */
  scribble(part: "descriptors" | "available" | "used", random: SeededRandom): void;
}

/**
 * Opens a ring to a peer that keeps no rules.
 *
 * @param ring Where the ring lies, in memory of any kind.
 * @returns Its words.
 *
 * @example
 * ```ts
 * import { addressSpace, bufferMemory } from "@openamp/libmetal";
 * import { SplitDeviceVirtqueue, splitRing } from "@openamp/virtio";
 * import { rawSplitRing } from "@openamp/testing";
 *
 * const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(8192) });
 * const space = addressSpace([{ name: "shm", address: 0, memory }]);
 * const ring = splitRing(space, 0, 4, 4);
 * const device = new SplitDeviceVirtqueue(ring, space);
 * rawSplitRing(ring).offer(9);
 * if (device.take() !== -1) throw new Error("Descriptor 9 of 4");
 * if (device.broken?.fault !== "HEAD_RANGE") throw new Error("The fault is named");
 * ```
 */
export function rawSplitRing(ring: SplitRing): RawSplitRing {
  const { size, descriptors, available, used } = ring;
  const mask = size - 1;

  return {
    size,
    get availableIndex() {
      return get(available, AVAILABLE_INDEX);
    },
    set availableIndex(value) {
      set(available, AVAILABLE_INDEX, value);
    },
    get availableFlags() {
      return get(available, AVAILABLE_FLAGS);
    },
    set availableFlags(value) {
      set(available, AVAILABLE_FLAGS, value);
    },
    get usedEvent() {
      return get(available, available.byteLength - 2);
    },
    set usedEvent(value) {
      set(available, available.byteLength - 2, value);
    },
    get usedIndex() {
      return get(used, USED_INDEX);
    },
    set usedIndex(value) {
      set(used, USED_INDEX, value);
    },
    get usedFlags() {
      return get(used, USED_FLAGS);
    },
    set usedFlags(value) {
      set(used, USED_FLAGS, value);
    },
    get availableEvent() {
      return get(used, used.byteLength - 2);
    },
    set availableEvent(value) {
      set(used, used.byteLength - 2, value);
    },
    setDescriptor(index, { address, length, flags = 0, next = 0 }) {
      const at = index * DESCRIPTOR_SIZE;
      const wide = BigInt.asUintN(64, BigInt(address));
      set32(descriptors, at + DESCRIPTOR_ADDRESS, Number(wide & 0xffffffffn));
      set32(descriptors, at + DESCRIPTOR_ADDRESS + 4, Number(wide >> 32n));
      set32(descriptors, at + DESCRIPTOR_LENGTH, length);
      set(descriptors, at + DESCRIPTOR_FLAGS, flags);
      set(descriptors, at + DESCRIPTOR_NEXT, next);
    },
    setChain(first, chain) {
      for (const [step, { flags = 0, next, ...buffer }] of chain.entries()) {
        const link = step < chain.length - 1 ? VIRTQ_DESC_F_NEXT : 0;
        const behind = link === 0 ? 0 : first + step + 1;
        this.setDescriptor(first + step, { ...buffer, flags: flags | link, next: next ?? behind });
      }
    },
    descriptor(index) {
      const { words, offset } = descriptors;
      const at = offset + index * DESCRIPTOR_SIZE;
      words.invalidate(at, DESCRIPTOR_SIZE);
      const low = BigInt(words.get32(at + DESCRIPTOR_ADDRESS));
      const high = BigInt(words.get32(at + DESCRIPTOR_ADDRESS + 4));
      return {
        address: (high << 32n) | low,
        length: words.get32(at + DESCRIPTOR_LENGTH),
        flags: words.get16(at + DESCRIPTOR_FLAGS),
        next: words.get16(at + DESCRIPTOR_NEXT),
      };
    },
    availableHead: (index) => get(available, AVAILABLE_RING + (index & mask) * 2),
    usedElement(index) {
      const { words, offset } = used;
      const at = offset + USED_RING + (index & mask) * USED_ELEMENT_SIZE;
      words.invalidate(at, USED_ELEMENT_SIZE);
      return [words.get32(at + USED_ELEMENT_ID), words.get32(at + USED_ELEMENT_LENGTH)];
    },
    offer(...heads) {
      const index = this.availableIndex;
      for (const [position, head] of heads.entries()) {
        set(available, AVAILABLE_RING + ((index + position) & mask) * 2, head);
      }
      this.availableIndex = index + heads.length;
    },
    giveBack(...elements) {
      const index = this.usedIndex;
      for (const [position, [id, length]] of elements.entries()) {
        const at = USED_RING + ((index + position) & mask) * USED_ELEMENT_SIZE;
        set32(used, at + USED_ELEMENT_ID, id);
        set32(used, at + USED_ELEMENT_LENGTH, length);
      }
      this.usedIndex = index + elements.length;
    },
    scribble(name, random) {
      const { words, offset, byteLength } = ring[name];
      words.copyIn(offset, random.fillBytes(new Uint8Array(byteLength)), 0, byteLength);
      words.flush(offset, byteLength);
    },
  };
}

function get(part: RingPart, offset: number): number {
  part.words.invalidate(part.offset + offset, 2);
  return part.words.load16(part.offset + offset);
}

function set(part: RingPart, offset: number, value: number): void {
  part.words.store16(part.offset + offset, value & 0xffff);
  part.words.flush(part.offset + offset, 2);
}

function set32(part: RingPart, offset: number, value: number): void {
  part.words.set32(part.offset + offset, value);
  part.words.flush(part.offset + offset, 4);
}
