import type { IoRegion } from "./io_region.ts";
import type { MemoryOrder } from "./memory_order.ts";
import { readOnlyError } from "./region_checks.ts";

/** A region as somebody sees it who may only read it. */
export class ReadOnlyRegion implements IoRegion {
  readonly name: string;
  readonly size: number;
  readonly physicalAddress: number;
  readonly #region: IoRegion;

  constructor(region: IoRegion) {
    this.name = region.name;
    this.size = region.size;
    this.physicalAddress = region.physicalAddress;
    this.#region = region;
  }

  read8(offset: number, order?: MemoryOrder): number {
    return this.#region.read8(offset, order);
  }

  read16(offset: number, order?: MemoryOrder): number {
    return this.#region.read16(offset, order);
  }

  read32(offset: number, order?: MemoryOrder): number {
    return this.#region.read32(offset, order);
  }

  read64(offset: number, order?: MemoryOrder): bigint {
    return this.#region.read64(offset, order);
  }

  write8(offset: number): void {
    throw readOnlyError(this, "Write", offset, 1);
  }

  write16(offset: number): void {
    throw readOnlyError(this, "Write", offset, 2);
  }

  write32(offset: number): void {
    throw readOnlyError(this, "Write", offset, 4);
  }

  write64(offset: number): void {
    throw readOnlyError(this, "Write", offset, 8);
  }

  readBlock(offset: number, target: Uint8Array): void {
    this.#region.readBlock(offset, target);
  }

  writeBlock(offset: number, source: Uint8Array): void {
    throw readOnlyError(this, "Write", offset, source.length);
  }

  setBlock(offset: number, _value: number, length: number): void {
    throw readOnlyError(this, "Set", offset, length);
  }

  physicalAt(offset: number): number {
    return this.#region.physicalAt(offset);
  }

  physicalRun(offset: number): number {
    return this.#region.physicalRun(offset);
  }

  offsetOf(physical: number): number | undefined {
    return this.#region.offsetOf(physical);
  }
}
