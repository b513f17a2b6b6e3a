import type { SharedWords } from "@openamp/libmetal";
import type { BrokenQueue, DriverVirtqueue } from "@openamp/virtio";

import { RpmsgError } from "../error.ts";
import { RPMSG_HEADER_SIZE } from "../wire/header.ts";
import type { RpmsgBuffers } from "./rpmsg_buffers.ts";

/** Memory for the buffers of a host: one piece, seen by the remote. */
export interface BufferMemory {
  /** The memory's bytes. */
  readonly words: SharedWords;
  /** Where in them the buffers start: a multiple of 4, and of a cache line if it is not coherent. */
  readonly offset: number;
  /** The same place as a descriptor names it. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
}

/**
 * The buffers of the host, the virtio driver: it owns them all. The first half receives, the
 * second half transmits, as Linux lays them out.
 *
 * Which buffer is behind which head is kept here, never in shared memory (T27).
 */
export class HostBuffers implements RpmsgBuffers {
  readonly transmitQueue = 1;
  readonly receiveQueue = 0;
  readonly transmitSize: number;
  readonly malformed = 0;
  readonly transmitWords: SharedWords;
  transmitOffset = 0;
  readonly transmitCapacity: number;
  readonly receiveWords: SharedWords;
  receiveOffset = 0;
  receiveLength = 0;

  readonly #receive: DriverVirtqueue;
  readonly #transmit: DriverVirtqueue;
  readonly #size: number;
  readonly #receiveBase: number;
  readonly #transmitBase: number;
  /** Add this to an offset to get the address for a descriptor. */
  readonly #bias: number;
  /** The buffer behind each head in flight. */
  readonly #receiveOfHead: Uint16Array;
  readonly #transmitOfHead: Uint16Array;
  /** Transmit buffers that are ours, as a stack. */
  readonly #free: Uint16Array;
  #freeCount: number;

  /**
   * @param receive Queue 0, empty.
   * @param transmit Queue 1, empty.
   * @param memory Where the buffers lie.
   * @param size Bytes of one buffer: a multiple of 4, and of a cache line where the memory is not
   *   coherent; header and payload.
   * @throws {RpmsgError} `BUFFERS` where not a buffer for each direction fits, or where buffers would
   *   share cache lines.
   */
  constructor(
    receive: DriverVirtqueue,
    transmit: DriverVirtqueue,
    memory: BufferMemory,
    size: number,
  ) {
    const fit = Math.floor(memory.size / size / 2);
    const receiveCount = Math.min(receive.size, fit);
    const transmitCount = Math.min(transmit.size, fit);
    if (size % 4 !== 0 || size < RPMSG_HEADER_SIZE + 4 || fit < 1) {
      throw new RpmsgError(
        "BUFFERS",
        `Lay out buffers of ${size} bytes: the memory at 0x${memory.address.toString(16)} has ` +
          `${memory.size}, and each direction needs one of a multiple of 4 bytes, 20 and up`,
      );
    }
    const { offset, words } = memory;
    if (!(offset >= 0 && offset % 4 === 0 && offset + memory.size <= words.byteLength)) {
      throw new RpmsgError(
        "BUFFERS",
        `Lay out buffers in ${memory.size} bytes from offset ${offset}: that is no multiple of 4 ` +
          `within a memory of ${words.byteLength} bytes`,
      );
    }
    const { lineSize } = words;
    if (offset % lineSize !== 0 || size % lineSize !== 0) {
      throw new RpmsgError(
        "BUFFERS",
        `Lay out buffers of ${size} bytes from offset ${offset}: the memory is not coherent, and ` +
          `these are no multiples of its cache lines of ${lineSize} bytes`,
      );
    }
    this.#receive = receive;
    this.#transmit = transmit;
    this.#size = size;
    this.transmitSize = size;
    this.transmitCapacity = size;
    this.transmitWords = memory.words;
    this.receiveWords = memory.words;
    this.#receiveBase = memory.offset;
    this.#transmitBase = memory.offset + receiveCount * size;
    this.#bias = memory.address - memory.offset;
    this.#receiveOfHead = new Uint16Array(receive.size);
    this.#transmitOfHead = new Uint16Array(transmit.size);
    this.#free = new Uint16Array(transmitCount);
    for (let index = 0; index < transmitCount; index++) {
      this.#free[index] = transmitCount - 1 - index;
    }
    this.#freeCount = transmitCount;
    for (let index = 0; index < receiveCount; index++) this.giveReceive(index);
  }

  get broken(): BrokenQueue | undefined {
    return this.#receive.broken ?? this.#transmit.broken;
  }

  get receiveSeen(): number {
    return this.#receive.seen;
  }

  takeTransmit(): number {
    if (this.#freeCount === 0) this.reclaimTransmit();
    // A broken queue sends nothing, also where buffers are left.
    if (this.#freeCount === 0 || this.#transmit.broken !== undefined) return -1;
    const token = this.#free[--this.#freeCount]!;
    this.transmitOffset = this.#transmitBase + token * this.#size;
    return token;
  }

  reclaimTransmit(): boolean {
    const before = this.#freeCount;
    // What the remote says about a length says nothing here (T08).
    for (let head = this.#transmit.takeUsed(); head >= 0; head = this.#transmit.takeUsed()) {
      this.#free[this.#freeCount++] = this.#transmitOfHead[head]!;
    }
    return this.#freeCount > before;
  }

  keepTransmit(token: number): void {
    this.#free[this.#freeCount++] = token;
  }

  giveTransmit(token: number, length: number): void {
    const address = this.#transmitBase + token * this.#size + this.#bias;
    const head = this.#transmit.add(address, length, false);
    // There are no more buffers than descriptors, so only a broken queue takes none.
    if (head >= 0) this.#transmitOfHead[head] = token;
  }

  publishTransmit(): boolean {
    return this.#transmit.publish();
  }

  tellTransmit(tell: boolean): boolean {
    if (tell) return this.#transmit.enableInterrupts();
    this.#transmit.disableInterrupts();
    return false;
  }

  takeReceive(): number {
    const head = this.#receive.takeUsed();
    if (head < 0) return -1;
    const token = this.#receiveOfHead[head]!;
    this.receiveOffset = this.#receiveBase + token * this.#size;
    this.receiveLength = this.#receive.usedLength;
    return token;
  }

  giveReceive(token: number): void {
    const offset = this.#receiveBase + token * this.#size;
    // What was written there and is still in our cache would go over the message, at any time.
    this.receiveWords.flush(offset, this.#size);
    const head = this.#receive.add(offset + this.#bias, this.#size, true);
    if (head >= 0) this.#receiveOfHead[head] = token;
  }

  publishReceive(): boolean {
    return this.#receive.publish();
  }

  tellReceive(tell: boolean): boolean {
    if (tell) return this.#receive.enableInterrupts();
    this.#receive.disableInterrupts();
    return false;
  }
}
