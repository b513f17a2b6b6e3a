import type { AddressSpace, AddressWindow, SharedWords } from "@openamp/libmetal";

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
import type { DeviceVirtqueue, VirtqueueOptions } from "./virtqueue.ts";

/** The high word of the first address that no JavaScript number holds exactly. */
const HIGH_WORD_LIMIT = 0x200000;

/**
 * The device's side of a split queue (VirtIO 1.3 §2.7).
 *
 * The driver may be hostile: each field of a chain is read once into private arrays, checked, and
 * used from there (T11), and all chains between two calls of `publish` end within as many steps as
 * the table has descriptors.
 */
export class SplitDeviceVirtqueue implements DeviceVirtqueue {
  readonly index: number;
  readonly size: number;
  broken: BrokenQueue | undefined = undefined;
  segments = 0;
  readableLength = 0;
  writableLength = 0;

  readonly #mask: number;
  readonly #eventIndex: boolean;
  readonly #space: AddressSpace;
  readonly #onBroken: ((broken: BrokenQueue) => void) | undefined;

  readonly #table: SharedWords;
  readonly #tableAt: number;
  readonly #available: SharedWords;
  readonly #availableAt: number;
  readonly #usedEventAt: number;
  readonly #used: SharedWords;
  readonly #usedAt: number;
  readonly #availableEventAt: number;

  /** Where the last address was found: most buffers lie together, and a search takes 15 ns. */
  #window: AddressWindow | undefined;
  /** The last chain, segment by segment. */
  readonly #words: SharedWords[] = [];
  readonly #offsets: Uint32Array;
  readonly #lengths: Uint32Array;
  readonly #writables: Uint8Array;

  /** Descriptors of the chain that was taken and not given back, at its head; 0 elsewhere. */
  readonly #chainLength: Uint16Array;
  /** Descriptors that the driver cannot use again: taken, and their return not published. */
  #outstanding = 0;
  /** Those among them whose chain was given back. */
  #returned = 0;
  /** Whether the flag in the used ring may be set: on a live ring, by who had it before. */
  #notificationsOff: boolean;
  /** The available index as far as we took, and as we last saw it. */
  #taken: number;
  #seen: number;
  /** The used index after what was completed, and as it was published. */
  #completed: number;
  #published: number;

  /**
   * @param ring The ring that the driver made.
   * @param space The memories that the driver may name in a descriptor.
   * @param options Number, features, and who hears of a broken queue.
   */
  constructor(ring: SplitRing, space: AddressSpace, options: VirtqueueOptions = {}) {
    const { size, descriptors, available, used } = ring;
    this.index = options.index ?? 0;
    this.size = size;
    this.#mask = size - 1;
    this.#eventIndex = options.eventIndex ?? false;
    this.#space = space;
    this.#onBroken = options.onBroken;
    this.#table = descriptors.words;
    this.#tableAt = descriptors.offset;
    this.#available = available.words;
    this.#availableAt = available.offset;
    this.#usedEventAt = available.offset + available.byteLength - 2;
    this.#used = used.words;
    this.#usedAt = used.offset;
    this.#availableEventAt = used.offset + used.byteLength - 2;
    this.#offsets = new Uint32Array(size);
    this.#lengths = new Uint32Array(size);
    this.#writables = new Uint8Array(size);
    this.#chainLength = new Uint16Array(size);
    this.#notificationsOff = options.startIndex !== undefined;
    const start = options.startIndex ?? 0;
    this.#taken = start;
    this.#seen = start;
    this.#completed = start;
    this.#published = start;
    // A line is written back whole: with what this cache still had from an earlier ring, else.
    used.words.invalidate(used.offset, used.byteLength);
  }

  take(): number {
    if (this.broken !== undefined) return -1;
    const taken = this.#taken;
    if (taken === this.#seen && !this.#look()) return -1;
    const slot = this.#availableAt + AVAILABLE_RING + (taken & this.#mask) * 2;
    this.#available.invalidate(slot, 2);
    const head = this.#available.get16(slot);
    if (head >= this.size) {
      return this.#break("HEAD_RANGE", `head ${head} is no descriptor of ${this.size}`);
    }
    if (this.#chainLength[head] !== 0) {
      return this.#break("HEAD_IN_FLIGHT", `head ${head} was made available twice`);
    }
    const chainLength = this.#walk(head);
    if (chainLength === 0) return -1;
    this.#taken = (taken + 1) & 0xffff;
    this.#chainLength[head] = chainLength;
    this.#outstanding += chainLength;
    return head;
  }

  words(segment: number): SharedWords {
    return this.#words[segment]!;
  }

  offset(segment: number): number {
    return this.#offsets[segment]!;
  }

  length(segment: number): number {
    return this.#lengths[segment]!;
  }

  writable(segment: number): boolean {
    return this.#writables[segment] !== 0;
  }

  complete(head: number, written: number): void {
    const chainLength = this.#chainLength[head] ?? 0;
    if (chainLength === 0) {
      throw new VirtioError(
        "DESCRIPTOR",
        `Complete head ${head} of queue ${this.index}: it is not in flight`,
      );
    }
    this.#chainLength[head] = 0;
    this.#returned += chainLength;
    const element = this.#usedAt + USED_RING + (this.#completed & this.#mask) * USED_ELEMENT_SIZE;
    this.#used.set32(element + USED_ELEMENT_ID, head);
    this.#used.set32(element + USED_ELEMENT_LENGTH, written);
    this.#used.flush(element, USED_ELEMENT_SIZE);
    this.#completed = (this.#completed + 1) & 0xffff;
  }

  publish(): boolean {
    const before = this.#published;
    const now = this.#completed;
    if (now === before || this.broken !== undefined) return false;
    this.#published = now;
    this.#outstanding -= this.#returned;
    this.#returned = 0;
    this.#used.store16(this.#usedAt + USED_INDEX, now);
    this.#used.flush(this.#usedAt + USED_INDEX, 2);
    // §2.7.7.2: the index is stored before the driver's wish is read, with a full fence between.
    if (this.#eventIndex) {
      this.#available.invalidate(this.#usedEventAt, 2);
      return needEvent(this.#available.load16(this.#usedEventAt), now, before);
    }
    this.#available.invalidate(this.#availableAt + AVAILABLE_FLAGS, 2);
    const flags = this.#available.load16(this.#availableAt + AVAILABLE_FLAGS);
    return (flags & VIRTQ_AVAIL_F_NO_INTERRUPT) === 0;
  }

  get seen(): number {
    return (this.#seen - this.#taken) & 0xffff;
  }

  disableNotifications(): void {
    this.#notificationsOff = true;
    if (this.#eventIndex) this.#setAvailableEvent((this.#taken - 1) & 0xffff);
    else this.#setUsedFlags(VIRTQ_USED_F_NO_NOTIFY);
  }

  enableNotifications(): boolean {
    // By flag, and it was not set: what came since we looked came with a notification of its own,
    // but for what we saw and left there is none to come.
    if (!this.#eventIndex && !this.#notificationsOff) {
      return this.broken === undefined && this.#taken !== this.#seen;
    }
    this.#notificationsOff = false;
    if (this.#eventIndex) this.#setAvailableEvent(this.#taken);
    else this.#setUsedFlags(0);
    // The store above and this load are in order: what came before the store is seen here (§2.7.10).
    // Looked at also where some that were seen are left: for those behind them, none told us.
    return this.broken === undefined && this.#look();
  }

  /** Reads the available index; true where there is something to take. */
  #look(): boolean {
    this.#available.invalidate(this.#availableAt + AVAILABLE_INDEX, 2);
    const seen = this.#available.load16(this.#availableAt + AVAILABLE_INDEX);
    const count = (seen - this.#taken) & 0xffff;
    if (count === 0) return false;
    // Each chain has a descriptor at least, of its own.
    const left = this.size - this.#outstanding;
    if (count > left) {
      this.#break(
        "AVAILABLE_INDEX",
        `available index ${seen} after ${this.#taken} offers ${count} chains, the driver has ` +
          `${left} of ${this.size} descriptors left`,
      );
      return false;
    }
    this.#seen = seen;
    return true;
  }

  /**
   * Reads a chain into the private arrays.
   *
   * @returns How many descriptors it has; 0 where it broke the queue.
   */
  #walk(head: number): number {
    // No descriptor is in two chains at once, so all chains up to the next `publish` together have
    // no more than the table: the work of a drain is bounded by it too.
    const left = this.size - this.#outstanding;
    let steps = 0;
    let segments = 0;
    let readable = 0;
    let writable = 0;
    let descriptor = head;
    for (;;) {
      if (steps === left) {
        return this.#refuse(
          "CHAIN_LOOP",
          `the chain from ${head} takes more than the ${left} descriptors that the driver has left`,
        );
      }
      steps++;
      const at = this.#tableAt + descriptor * DESCRIPTOR_SIZE;
      this.#table.invalidate(at, DESCRIPTOR_SIZE);
      const low = this.#table.get32(at + DESCRIPTOR_ADDRESS);
      const high = this.#table.get32(at + DESCRIPTOR_ADDRESS + 4);
      const length = this.#table.get32(at + DESCRIPTOR_LENGTH);
      const flagsAndNext = this.#table.get32(at + DESCRIPTOR_FLAGS);
      const flags = flagsAndNext & 0xffff;
      if ((flags & ~(VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE)) !== 0) {
        return this.#refuse("DESCRIPTOR_FLAGS", `descriptor ${descriptor} has flags ${flags}`);
      }
      const deviceWritable = (flags & VIRTQ_DESC_F_WRITE) !== 0;
      if (!deviceWritable && writable > 0) {
        return this.#refuse("CHAIN_ORDER", `descriptor ${descriptor} is readable after a writable`);
      }
      // Empty descriptors are passed over; a chain of nothing else is refused below (T13).
      if (length > 0) {
        const address = high === 0 ? low : high * 0x100000000 + low;
        let window = this.#window;
        // An IOMMU may have ended the window since, and what it allows is not the same everywhere.
        if (window === undefined || !grants(window, address, length, deviceWritable)) {
          const access = deviceWritable ? "write" : "read";
          window =
            high < HIGH_WORD_LIMIT ? this.#space.resolve(address, length, access) : undefined;
          if (window === undefined) {
            return this.#refuse(
              "ADDRESS",
              `descriptor ${descriptor} names ${length} bytes at 0x${address.toString(16)}`,
            );
          }
          this.#window = window;
        }
        this.#words[segments] = window.words;
        this.#offsets[segments] = address - window.bias;
        this.#lengths[segments] = length;
        this.#writables[segments] = deviceWritable ? 1 : 0;
        segments++;
        if (deviceWritable) writable += length;
        else readable += length;
      }
      if ((flags & VIRTQ_DESC_F_NEXT) === 0) break;
      descriptor = flagsAndNext >>> 16;
      if (descriptor >= this.size) {
        return this.#refuse("NEXT_RANGE", `next ${descriptor} is no descriptor of ${this.size}`);
      }
    }
    if (segments === 0) return this.#refuse("CHAIN_EMPTY", `the chain from ${head} has no byte`);
    if (readable + writable > 0xffffffff) {
      return this.#refuse("CHAIN_LENGTH", `the chain from ${head} has more than 2^32 - 1 bytes`);
    }
    this.segments = segments;
    this.readableLength = readable;
    this.writableLength = writable;
    return steps;
  }

  #setAvailableEvent(event: number): void {
    this.#used.store16(this.#availableEventAt, event);
    this.#used.flush(this.#availableEventAt, 2);
  }

  #setUsedFlags(flags: number): void {
    this.#used.store16(this.#usedAt + USED_FLAGS, flags);
    this.#used.flush(this.#usedAt + USED_FLAGS, 2);
  }

  #refuse(fault: QueueFault, what: string): 0 {
    this.#break(fault, what);
    return 0;
  }

  #break(fault: QueueFault, what: string): -1 {
    this.broken = { queue: this.index, fault, message: `queue ${this.index} is broken: ${what}` };
    this.#onBroken?.(this.broken);
    return -1;
  }
}

/** Whether a range of whole numbers from the wire, not empty, lies in a window that allows it. */
function grants(
  window: AddressWindow,
  address: number,
  length: number,
  deviceWritable: boolean,
): boolean {
  const offset = address - window.address;
  const inside = offset >= 0 && length <= window.size - offset;
  return inside && (deviceWritable ? window.writable : window.readable);
}
