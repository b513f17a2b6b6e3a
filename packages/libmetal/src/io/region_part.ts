import { MetalError } from "../error.ts";
import type { IoRegion } from "./io_region.ts";
import type { MemoryOrder } from "./memory_order.ts";
import { physicalAt, physicalRun } from "./physical_map.ts";
import { type AccessWidth, checkAccess, checkRange, type RegionAction } from "./region_checks.ts";

/** Where a part lies in a region, and what it is called. */
export interface SubRegionOptions {
  /** Its name, for messages and look-ups. */
  readonly name: string;
  /** Where it starts in the region: bytes, a multiple of 8. */
  readonly offset: number;
  /** Bytes. Default: the rest of the region. */
  readonly size?: number;
}

/** A range of a region under a name of its own, with offsets that start at 0. */
export class RegionPart implements IoRegion {
  readonly name: string;
  readonly size: number;
  readonly physicalAddress: number;
  readonly #whole: IoRegion;
  readonly #start: number;

  constructor(whole: IoRegion, options: SubRegionOptions) {
    const { name, offset, size = whole.size - offset } = options;
    const range = `Make "${name}" of ${size} bytes from offset ${offset} of "${whole.name}"`;
    const inside = offset >= 0 && size > 0 && size <= whole.size - offset;
    if (!inside || !Number.isInteger(offset) || !Number.isInteger(size)) {
      throw new MetalError("OUT_OF_RANGE", `${range}: that has ${whole.size} bytes`);
    }
    if (offset % 8 !== 0) {
      throw new MetalError(
        "MISALIGNED",
        `${range}: not a multiple of 8, so that aligned accesses would not stay aligned`,
      );
    }
    this.name = name;
    this.size = size;
    this.physicalAddress = whole.physicalAt(offset);
    this.#whole = whole;
    this.#start = offset;
  }

  read8(offset: number, order?: MemoryOrder): number {
    return this.#whole.read8(this.#at("Read", offset, 1), order);
  }

  read16(offset: number, order?: MemoryOrder): number {
    return this.#whole.read16(this.#at("Read", offset, 2), order);
  }

  read32(offset: number, order?: MemoryOrder): number {
    return this.#whole.read32(this.#at("Read", offset, 4), order);
  }

  read64(offset: number, order?: MemoryOrder): bigint {
    return this.#whole.read64(this.#at("Read", offset, 8), order);
  }

  write8(offset: number, value: number, order?: MemoryOrder): void {
    this.#whole.write8(this.#at("Write", offset, 1), value, order);
  }

  write16(offset: number, value: number, order?: MemoryOrder): void {
    this.#whole.write16(this.#at("Write", offset, 2), value, order);
  }

  write32(offset: number, value: number, order?: MemoryOrder): void {
    this.#whole.write32(this.#at("Write", offset, 4), value, order);
  }

  write64(offset: number, value: bigint, order?: MemoryOrder): void {
    this.#whole.write64(this.#at("Write", offset, 8), value, order);
  }

  readBlock(offset: number, target: Uint8Array): void {
    this.#whole.readBlock(this.from("Read", offset, target.length), target);
  }

  writeBlock(offset: number, source: Uint8Array): void {
    this.#whole.writeBlock(this.from("Write", offset, source.length), source);
  }

  setBlock(offset: number, value: number, length: number): void {
    this.#whole.setBlock(this.from("Set", offset, length), value, length);
  }

  physicalAt(offset: number): number {
    const map = { at: (inside: number) => this.#whole.physicalAt(this.#start + inside) };
    return physicalAt(this, map, offset);
  }

  physicalRun(offset: number): number {
    const run = (inside: number): number => this.#whole.physicalRun(this.#start + inside);
    return Math.min(physicalRun(this, { run }, offset), this.size - offset);
  }

  offsetOf(physical: number): number | undefined {
    const outside = this.#whole.offsetOf(physical);
    if (outside === undefined) return undefined;
    const offset = outside - this.#start;
    return offset >= 0 && offset < this.size ? offset : undefined;
  }

  /** Checks a range here; gives where it starts in the whole. */
  protected from(action: RegionAction, offset: number, length: number): number {
    checkRange(this, action, offset, length);
    return this.#start + offset;
  }

  #at(action: RegionAction, offset: number, width: AccessWidth): number {
    checkAccess(this, action, offset, width);
    return this.#start + offset;
  }
}
