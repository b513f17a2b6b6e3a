import type { SharedWords } from "@openamp/libmetal";

import { VirtioError } from "../error.ts";
import {
  AVAILABLE_FLAGS,
  AVAILABLE_INDEX,
  AVAILABLE_RING,
  DESCRIPTOR_ADDRESS,
  DESCRIPTOR_FLAGS,
  DESCRIPTOR_LENGTH,
  DESCRIPTOR_SIZE,
  USED_ELEMENT_ID,
  USED_ELEMENT_LENGTH,
  USED_ELEMENT_SIZE,
  USED_FLAGS,
  USED_INDEX,
  USED_RING,
  VIRTQ_AVAIL_F_NO_INTERRUPT,
  VIRTQ_DESC_F_NEXT,
  VIRTQ_DESC_F_WRITE,
  VIRTQ_USED_F_NO_NOTIFY,
} from "../wire/split_ring.ts";
import type { BrokenQueue, QueueFault } from "./broken_queue.ts";
import { needEvent } from "./need_event.ts";
import type { SplitRing } from "./split_ring.ts";
import type { ChainBuffer, DriverVirtqueue, VirtqueueOptions } from "./virtqueue.ts";

/**
 * The driver's side of a split queue (VirtIO 1.3 §2.7).
 *
 * What is needed again is private: which descriptor follows which, how much each chain may be
 * written, where both indices stand. The table is written and never read back, so a device that
 * changes it changes nothing here (T10).
 */
export class SplitDriverVirtqueue implements DriverVirtqueue {
  readonly index: number;
  readonly size: number;
  broken: BrokenQueue | undefined = undefined;
  usedLength = 0;
  freeCount: number;

  readonly #mask: number;
  readonly #eventIndex: boolean;
  readonly #onBroken: ((broken: BrokenQueue) => void) | undefined;

  readonly #table: SharedWords;
  readonly #tableAt: number;
  readonly #available: SharedWords;
  readonly #availableAt: number;
  readonly #usedEventAt: number;
  readonly #used: SharedWords;
  readonly #usedAt: number;
  readonly #availableEventAt: number;

  /** The descriptor after each one: in its chain, or in the free list. */
  readonly #next: Uint16Array;
  /** Descriptors of the chain that starts here; 0 where no chain in flight does. */
  readonly #chainLength: Uint16Array;
  /** Bytes that the device may write into the chain that starts here. */
  readonly #capacity: Uint32Array;
  #free = 0;
  /** Whether the flag in the available ring may be set: on a live ring, by who had it before. */
  #interruptsOff: boolean;
  /** The available index after what was added, and as it was published. */
  #added: number;
  #published: number;
  /** The used index as far as we took, and as we last saw it. */
  #taken: number;
  #seen: number;

  /**
   * @param ring The ring, zeroed by the caller unless it is live.
   * @param options Number, features, and who hears of a broken queue.
   */
  constructor(ring: SplitRing, options: VirtqueueOptions = {}) {
    const { size, descriptors, available, used } = ring;
    this.index = options.index ?? 0;
    this.size = size;
    this.freeCount = size;
    this.#mask = size - 1;
    this.#eventIndex = options.eventIndex ?? false;
    this.#onBroken = options.onBroken;
    this.#table = descriptors.words;
    this.#tableAt = descriptors.offset;
    this.#available = available.words;
    this.#availableAt = available.offset;
    this.#usedEventAt = available.offset + available.byteLength - 2;
    this.#used = used.words;
    this.#usedAt = used.offset;
    this.#availableEventAt = used.offset + used.byteLength - 2;
    this.#next = new Uint16Array(size);
    for (let index = 0; index < size; index++) this.#next[index] = index + 1;
    this.#chainLength = new Uint16Array(size);
    this.#capacity = new Uint32Array(size);
    this.#interruptsOff = options.startIndex !== undefined;
    const start = options.startIndex ?? 0;
    this.#added = start;
    this.#published = start;
    this.#taken = start;
    this.#seen = start;
    // A line is written back whole: with what this cache still had from an earlier ring, else.
    descriptors.words.invalidate(descriptors.offset, descriptors.byteLength);
    available.words.invalidate(available.offset, available.byteLength);
  }

  add(address: number, length: number, deviceWritable: boolean): number {
    if (this.freeCount === 0 || this.broken !== undefined) return -1;
    const head = this.#free;
    this.#free = this.#next[head]!;
    this.freeCount--;
    this.#chainLength[head] = 1;
    this.#capacity[head] = deviceWritable ? length : 0;
    this.#describe(head, address, length, deviceWritable ? VIRTQ_DESC_F_WRITE : 0, 0);
    this.#offer(head);
    return head;
  }

  addChain(buffers: readonly ChainBuffer[]): number {
    const writable = this.#checkChain(buffers);
    if (this.freeCount < buffers.length || this.broken !== undefined) return -1;
    const head = this.#free;
    let descriptor = head;
    for (const [position, buffer] of buffers.entries()) {
      const next = this.#next[descriptor]!;
      const last = position === buffers.length - 1;
      const flags =
        (buffer.deviceWritable ? VIRTQ_DESC_F_WRITE : 0) | (last ? 0 : VIRTQ_DESC_F_NEXT);
      this.#describe(descriptor, buffer.address, buffer.length, flags, last ? 0 : next);
      descriptor = next;
    }
    this.#free = descriptor;
    this.freeCount -= buffers.length;
    this.#chainLength[head] = buffers.length;
    this.#capacity[head] = writable;
    this.#offer(head);
    return head;
  }

  publish(): boolean {
    const before = this.#published;
    const now = this.#added;
    if (now === before || this.broken !== undefined) return false;
    this.#published = now;
    this.#available.flush(this.#availableAt, this.#usedEventAt - this.#availableAt);
    this.#available.store16(this.#availableAt + AVAILABLE_INDEX, now);
    this.#available.flush(this.#availableAt + AVAILABLE_INDEX, 2);
    // §2.7.13.4.1: the index is stored before the device's wish is read, with a full fence between.
    if (this.#eventIndex) {
      this.#used.invalidate(this.#availableEventAt, 2);
      return needEvent(this.#used.load16(this.#availableEventAt), now, before);
    }
    this.#used.invalidate(this.#usedAt + USED_FLAGS, 2);
    return (this.#used.load16(this.#usedAt + USED_FLAGS) & VIRTQ_USED_F_NO_NOTIFY) === 0;
  }

  takeUsed(): number {
    if (this.broken !== undefined) return -1;
    const taken = this.#taken;
    if (taken === this.#seen && !this.#look()) return -1;
    const element = this.#usedAt + USED_RING + (taken & this.#mask) * USED_ELEMENT_SIZE;
    this.#used.invalidate(element, USED_ELEMENT_SIZE);
    const id = this.#used.get32(element + USED_ELEMENT_ID);
    const length = this.#used.get32(element + USED_ELEMENT_LENGTH);
    // At full width: an id whose low 16 bits are valid is not (T05, T22).
    if (id >= this.size) {
      return this.#break("USED_ID_RANGE", `used id ${id} is no descriptor of ${this.size}`);
    }
    const count = this.#chainLength[id]!;
    if (count === 0) {
      return this.#break("USED_ID", `used id ${id} is not the head of a chain in flight`);
    }
    this.#taken = (taken + 1) & 0xffff;
    this.#release(id, count);
    const capacity = this.#capacity[id]!;
    this.usedLength = length < capacity ? length : capacity;
    return id;
  }

  get seen(): number {
    return (this.#seen - this.#taken) & 0xffff;
  }

  disableInterrupts(): void {
    this.#interruptsOff = true;
    if (this.#eventIndex) this.#setUsedEvent((this.#taken - 1) & 0xffff);
    else this.#setAvailableFlags(VIRTQ_AVAIL_F_NO_INTERRUPT);
  }

  enableInterrupts(): boolean {
    // By flag, and it was not set: what came since we looked came with an interrupt of its own, but
    // for what we saw and left there is none to come.
    if (!this.#eventIndex && !this.#interruptsOff) {
      return this.broken === undefined && this.#taken !== this.#seen;
    }
    this.#interruptsOff = false;
    if (this.#eventIndex) this.#setUsedEvent(this.#taken);
    else this.#setAvailableFlags(0);
    // The store above and this load are in order: what came before the store is seen here (§2.7.7).
    // Looked at also where some that were seen are left: for those behind them, none told us.
    return this.broken === undefined && this.#look();
  }

  /** Reads the used index; true where there is something to take. */
  #look(): boolean {
    this.#used.invalidate(this.#usedAt + USED_INDEX, 2);
    const seen = this.#used.load16(this.#usedAt + USED_INDEX);
    const count = (seen - this.#taken) & 0xffff;
    if (count === 0) return false;
    const posted = (this.#published - this.#taken) & 0xffff;
    if (count > posted) {
      this.#break(
        "USED_INDEX",
        `used index ${seen} after ${this.#taken} gives back ${count} chains, ${posted} are posted`,
      );
      return false;
    }
    this.#seen = seen;
    return true;
  }

  #describe(
    descriptor: number,
    address: number,
    length: number,
    flags: number,
    next: number,
  ): void {
    const at = this.#tableAt + descriptor * DESCRIPTOR_SIZE;
    const high = address > 0xffffffff ? Math.floor(address / 0x100000000) : 0;
    this.#table.set32(at + DESCRIPTOR_ADDRESS, address >>> 0);
    this.#table.set32(at + DESCRIPTOR_ADDRESS + 4, high);
    this.#table.set32(at + DESCRIPTOR_LENGTH, length);
    this.#table.set32(at + DESCRIPTOR_FLAGS, flags | (next << 16));
    this.#table.flush(at, DESCRIPTOR_SIZE);
  }

  #offer(head: number): void {
    const slot = this.#availableAt + AVAILABLE_RING + (this.#added & this.#mask) * 2;
    this.#available.set16(slot, head);
    this.#added = (this.#added + 1) & 0xffff;
  }

  #release(head: number, count: number): void {
    let last = head;
    for (let step = 1; step < count; step++) last = this.#next[last]!;
    this.#next[last] = this.#free;
    this.#free = head;
    this.freeCount += count;
    this.#chainLength[head] = 0;
  }

  #setUsedEvent(event: number): void {
    this.#available.store16(this.#usedEventAt, event);
    this.#available.flush(this.#usedEventAt, 2);
  }

  #setAvailableFlags(flags: number): void {
    this.#available.store16(this.#availableAt + AVAILABLE_FLAGS, flags);
    this.#available.flush(this.#availableAt + AVAILABLE_FLAGS, 2);
  }

  /** Refuses a chain that no queue may hold; returns how many of its bytes the device may write. */
  #checkChain(buffers: readonly ChainBuffer[]): number {
    let readable = 0;
    let writable = 0;
    for (const { length, deviceWritable } of buffers) {
      if (!deviceWritable && writable > 0) {
        throw this.#refuse("a readable buffer comes after a writable one (§2.7.4.2)");
      }
      if (!(length >= 1)) throw this.#refuse(`a buffer of ${length} bytes`);
      if (deviceWritable) writable += length;
      else readable += length;
    }
    if (buffers.length === 0 || buffers.length > this.size) {
      throw this.#refuse(`${buffers.length} buffers, the queue has ${this.size} descriptors`);
    }
    if (readable + writable > 0xffffffff) {
      throw this.#refuse("more than 2^32 - 1 bytes (§2.7.5.2)");
    }
    return writable;
  }

  #refuse(why: string): VirtioError {
    return new VirtioError("DESCRIPTOR", `Add a chain to queue ${this.index}: ${why}`);
  }

  #break(fault: QueueFault, what: string): -1 {
    this.broken = { queue: this.index, fault, message: `queue ${this.index} is broken: ${what}` };
    this.#onBroken?.(this.broken);
    return -1;
  }
}
