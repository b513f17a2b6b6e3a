import type { SharedWords } from "@openamp/libmetal";
import type { BrokenQueue, DeviceVirtqueue } from "@openamp/virtio";

import { RPMSG_HEADER_SIZE } from "../wire/header.ts";
import type { RpmsgBuffers } from "./rpmsg_buffers.ts";

/**
 * The buffers of the remote, the virtio device: it has none of its own and uses what the host
 * offers, each checked: one descriptor, of the right direction, aligned, and with room for a header.
 */
export class RemoteBuffers implements RpmsgBuffers {
  readonly transmitQueue = 0;
  readonly receiveQueue = 1;
  readonly transmitSize: number;
  malformed = 0;

  readonly #transmit: DeviceVirtqueue;
  readonly #receive: DeviceVirtqueue;
  /** Of each head that we hold: what its descriptor said, for `used.len`. */
  readonly #receiveLengths: Uint32Array;
  /** A transmit buffer that was taken and not used, or -1. */
  #kept = -1;

  /**
   * @param transmit Queue 0.
   * @param receive Queue 1.
   * @param size Bytes of a buffer, where the host offers none yet that would tell.
   */
  constructor(transmit: DeviceVirtqueue, receive: DeviceVirtqueue, size: number) {
    this.#transmit = transmit;
    this.#receive = receive;
    this.#receiveLengths = new Uint32Array(receive.size);
    this.#kept = this.takeTransmit();
    this.transmitSize = this.#kept < 0 ? size : this.transmitCapacity;
  }

  // The chain that a queue took last is the buffer that was taken last: a kept one as well.
  get transmitWords(): SharedWords {
    return this.#transmit.words(0);
  }
  get transmitOffset(): number {
    return this.#transmit.offset(0);
  }
  get transmitCapacity(): number {
    return this.#transmit.writableLength;
  }
  get receiveWords(): SharedWords {
    return this.#receive.words(0);
  }
  get receiveOffset(): number {
    return this.#receive.offset(0);
  }
  get receiveLength(): number {
    return this.#receive.readableLength;
  }

  get broken(): BrokenQueue | undefined {
    return this.#transmit.broken ?? this.#receive.broken;
  }

  get receiveSeen(): number {
    return this.#receive.seen;
  }

  takeTransmit(): number {
    const kept = this.#kept;
    if (kept >= 0) {
      this.#kept = -1;
      return kept;
    }
    const queue = this.#transmit;
    for (let head = queue.take(); head >= 0; head = queue.take()) {
      if (queue.segments === 1 && usable(queue.offset(0), queue.writableLength)) return head;
      this.malformed++;
      queue.complete(head, 0);
    }
    return -1;
  }

  // The host does not give back: it offers, and that is seen when a buffer is taken.
  reclaimTransmit(): boolean {
    return false;
  }

  keepTransmit(token: number): void {
    this.#kept = token;
  }

  giveTransmit(token: number, length: number): void {
    this.#transmit.complete(token, length);
  }

  publishTransmit(): boolean {
    return this.#transmit.publish();
  }

  tellTransmit(tell: boolean): boolean {
    if (tell) return this.#transmit.enableNotifications();
    this.#transmit.disableNotifications();
    return false;
  }

  takeReceive(): number {
    const queue = this.#receive;
    for (let head = queue.take(); head >= 0; head = queue.take()) {
      this.#receiveLengths[head] = queue.readableLength;
      if (queue.segments === 1 && usable(queue.offset(0), queue.readableLength)) return head;
      this.malformed++;
      this.giveReceive(head);
    }
    return -1;
  }

  giveReceive(token: number): void {
    // C and rpmsg-lite hosts take used.len for the capacity of the buffer that they use again.
    this.#receive.complete(token, this.#receiveLengths[token]!);
  }

  publishReceive(): boolean {
    return this.#receive.publish();
  }

  tellReceive(tell: boolean): boolean {
    if (tell) return this.#receive.enableNotifications();
    this.#receive.disableNotifications();
    return false;
  }
}

/** Whether a message can be in a buffer; the length is that of the wanted direction, 0 for the other. */
function usable(offset: number, length: number): boolean {
  return length >= RPMSG_HEADER_SIZE && offset % 4 === 0;
}
