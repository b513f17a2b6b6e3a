import type { AddressWindow } from "../memory/address_space.ts";
import type { Memory } from "../memory/memory.ts";
import type { PeerRights } from "../memory/peer_access.ts";
import type { SharedWords } from "../memory/shared_words.ts";

/**
 * Addresses that lead into a memory, one byte after the other. It shrinks and ends in place, so that
 * whoever has kept it finds nothing in it any more.
 */
export class IommuWindow implements AddressWindow {
  readonly name: string;
  readonly memory: Memory;
  readonly words: SharedWords;
  readonly bias: number;
  readonly readable: boolean;
  readonly writable: boolean;
  address: number;
  size: number;

  constructor(memory: Memory, address: number, offset: number, size: number, rights: PeerRights) {
    this.name = memory.name;
    this.memory = memory;
    this.words = memory.words;
    this.bias = address - offset;
    this.readable = rights.readable;
    this.writable = rights.writable;
    this.address = address;
    this.size = size;
  }

  /** The address behind the last. */
  get end(): number {
    return this.address + this.size;
  }

  /** Whether another goes on where this ends: in addresses, in memory and in rights. */
  continues(other: IommuWindow): boolean {
    return (
      this.end === other.address &&
      this.memory === other.memory &&
      this.bias === other.bias &&
      this.readable === other.readable &&
      this.writable === other.writable
    );
  }
}

/** Windows by rising address, none over another. */
export class IommuWindows {
  readonly list: IommuWindow[] = [];

  /** The index of the first window that ends behind an address: where it lies, or the next. */
  indexAt(address: number): number {
    const { list } = this;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle]!.end > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The first window that shares an address with a range. */
  overlapping(address: number, size: number): IommuWindow | undefined {
    const window = this.list[this.indexAt(address)];
    return window !== undefined && window.address < address + size ? window : undefined;
  }

  /** Adds a window, which overlaps none, and joins it with its neighbours where it can. */
  add(window: IommuWindow): void {
    const { list } = this;
    const index = this.indexAt(window.address);
    const before = list[index - 1];
    const after = list[index];
    const joinsBefore = before?.continues(window) ?? false;
    const joinsAfter = after !== undefined && window.continues(after);
    if (before !== undefined && joinsBefore) {
      before.size += window.size;
      if (after === undefined || !joinsAfter) return;
      before.size += after.size;
      after.size = 0;
      list.splice(index, 1);
    } else if (after !== undefined && joinsAfter) {
      after.address = window.address;
      after.size += window.size;
    } else list.splice(index, 0, window);
  }

  /** Whether every address of a range is in a window. */
  covers(address: number, size: number): boolean {
    const end = address + size;
    let at = address;
    for (let index = this.indexAt(address); at < end; index++) {
      const window = this.list[index];
      if (window === undefined || window.address > at) return false;
      at = window.end;
    }
    return true;
  }

  /** Takes a range out, every address of which is in a window. */
  remove(address: number, size: number): void {
    const { list } = this;
    const end = address + size;
    const index = this.indexAt(address);
    while (index < list.length) {
      const window = list[index]!;
      if (window.address >= end) return;
      if (window.address < address) {
        // Its head stays, and what is behind the range becomes a window of its own.
        const rest = window.end - address;
        window.size -= rest;
        const { memory, bias } = window;
        list.splice(index + 1, 0, new IommuWindow(memory, address, address - bias, rest, window));
        this.remove(address, size);
        return;
      }
      const cut = Math.min(end, window.end) - window.address;
      window.address += cut;
      window.size -= cut;
      if (window.size > 0) return;
      list.splice(index, 1);
    }
  }
}
