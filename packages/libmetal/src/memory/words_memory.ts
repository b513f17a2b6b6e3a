import type { MemoryOrder } from "../io/memory_order.ts";
import { physicalAt, type PhysicalMap, physicalRun } from "../io/physical_map.ts";
import {
  type AccessWidth,
  checkAccess,
  checkBigint,
  checkNumber,
  checkRange,
  closedError,
  type RegionAction,
} from "../io/region_checks.ts";
import type { Mapping, Memory, MemoryKind } from "./memory.ts";
import type { SharedWords } from "./shared_words.ts";

/** What {@linkcode WordsMemory} is made of. */
export interface WordsMemoryParts {
  readonly name: string;
  readonly physical: PhysicalMap;
  readonly kind: MemoryKind;
  readonly words: SharedWords;
  readonly mapping: Mapping | undefined;
}

/** A memory whose accesses are checked, and then go to its words, whatever these are. */
export class WordsMemory implements Memory {
  readonly name: string;
  readonly physicalAddress: number;
  readonly size: number;
  readonly kind: MemoryKind;
  readonly words: SharedWords;
  readonly mapping: Mapping | undefined;
  readonly #physical: PhysicalMap;

  constructor(parts: WordsMemoryParts) {
    this.name = parts.name;
    this.physicalAddress = parts.physical.first;
    this.size = parts.words.byteLength;
    this.kind = parts.kind;
    this.words = parts.words;
    this.mapping = parts.mapping;
    this.#physical = parts.physical;
  }

  read8(offset: number, order: MemoryOrder = "seq_cst"): number {
    this.#check("Read", offset, 1);
    return order === "relaxed" ? this.words.get8(offset) : this.words.load8(offset);
  }

  read16(offset: number, order: MemoryOrder = "seq_cst"): number {
    this.#check("Read", offset, 2);
    return order === "relaxed" ? this.words.get16(offset) : this.words.load16(offset);
  }

  read32(offset: number, order: MemoryOrder = "seq_cst"): number {
    this.#check("Read", offset, 4);
    return order === "relaxed" ? this.words.get32(offset) : this.words.load32(offset);
  }

  read64(offset: number, order: MemoryOrder = "seq_cst"): bigint {
    this.#check("Read", offset, 8);
    return order === "relaxed" ? this.words.get64(offset) : this.words.load64(offset);
  }

  write8(offset: number, value: number, order: MemoryOrder = "seq_cst"): void {
    this.#check("Write", offset, 1);
    checkNumber(this, "Write", offset, 1, value);
    if (order === "relaxed") this.words.set8(offset, value);
    else this.words.store8(offset, value);
  }

  write16(offset: number, value: number, order: MemoryOrder = "seq_cst"): void {
    this.#check("Write", offset, 2);
    checkNumber(this, "Write", offset, 2, value);
    if (order === "relaxed") this.words.set16(offset, value);
    else this.words.store16(offset, value);
  }

  write32(offset: number, value: number, order: MemoryOrder = "seq_cst"): void {
    this.#check("Write", offset, 4);
    checkNumber(this, "Write", offset, 4, value);
    if (order === "relaxed") this.words.set32(offset, value);
    else this.words.store32(offset, value);
  }

  write64(offset: number, value: bigint, order: MemoryOrder = "seq_cst"): void {
    this.#check("Write", offset, 8);
    checkBigint(this, offset, value);
    if (order === "relaxed") this.words.set64(offset, value);
    else this.words.store64(offset, value);
  }

  readBlock(offset: number, target: Uint8Array): void {
    this.#checkRange("Read", offset, target.length);
    this.words.invalidate(offset, target.length);
    this.words.copyOut(offset, target, 0, target.length);
  }

  writeBlock(offset: number, source: Uint8Array): void {
    this.#checkRange("Write", offset, source.length);
    this.words.copyIn(offset, source, 0, source.length);
    this.words.flush(offset, source.length);
  }

  setBlock(offset: number, value: number, length: number): void {
    this.#checkRange("Set", offset, length);
    checkNumber(this, "Set", offset, length, value);
    this.words.fill(offset, value, length);
    this.words.flush(offset, length);
  }

  flush(offset: number, length: number): void {
    this.#checkRange("Flush", offset, length);
    this.words.flush(offset, length);
  }

  invalidate(offset: number, length: number): void {
    this.#checkRange("Invalidate", offset, length);
    this.words.invalidate(offset, length);
  }

  physicalAt(offset: number): number {
    return physicalAt(this, this.#physical, offset);
  }

  physicalRun(offset: number): number {
    return physicalRun(this, this.#physical, offset);
  }

  offsetOf(physical: number): number | undefined {
    return this.#physical.offsetOf(physical);
  }

  #check(action: RegionAction, offset: number, width: AccessWidth): void {
    if (this.#isClosed()) throw closedError(this, action, offset, width);
    checkAccess(this, action, offset, width);
  }

  #checkRange(action: RegionAction, offset: number, length: number): void {
    if (this.#isClosed()) throw closedError(this, action, offset, length);
    checkRange(this, action, offset, length);
  }

  /** Whether the owner has said so, or has given the buffer away or shortened it. */
  #isClosed(): boolean {
    const { mapping } = this;
    if (mapping === undefined) return false;
    const { buffer, byteOffset, closed } = mapping;
    return closed?.aborted === true || buffer.byteLength < byteOffset + this.size;
  }
}
