import type { WaitFor } from "@openamp/libmetal";
import type { RpmsgBuffers } from "../buffer/rpmsg_buffers.ts";
import { RpmsgError } from "../error.ts";
import type { DeviceState } from "../state/device_state.ts";
import {
  RPMSG_HEADER_DESTINATION,
  RPMSG_HEADER_LENGTH,
  RPMSG_HEADER_RESERVED,
  RPMSG_HEADER_SIZE,
  RPMSG_HEADER_SOURCE,
} from "../wire/header.ts";

/** The largest payload whose length the header's 16 bits can hold. */
const LENGTH_MAX = 0xffff;

/** Tells the peer to look at a queue. */
export type Notify = (queue: number) => void;

/** What a transmitter is made of. */
export interface TransmitterOptions {
  /** The device's state. */
  readonly state: DeviceState;
  /** The buffers of our role. */
  readonly buffers: RpmsgBuffers;
  /** Tells the peer to look at a queue. */
  readonly notify: Notify;
  /** Ends the device's work where the peer has broken a queue. */
  readonly checkQueues: () => void;
}

/** The sending half of a device: a free buffer, the header and the payload into it, and to the peer. */
export class Transmitter {
  /** Bytes of the largest payload. */
  readonly maxPayload: number;
  /** Messages that were handed to the peer. */
  sent = 0;

  readonly #state: DeviceState;
  readonly #buffers: RpmsgBuffers;
  readonly #notify: Notify;
  readonly #checkQueues: () => void;
  #batches = 0;
  #sendersWaiting = 0;
  #peerTells = false;

  constructor(options: TransmitterOptions) {
    const { state, buffers } = options;
    this.#state = state;
    this.#buffers = buffers;
    this.#notify = options.notify;
    this.#checkQueues = options.checkQueues;
    this.maxPayload = Math.min(buffers.transmitSize - RPMSG_HEADER_SIZE, LENGTH_MAX);
    // Peers tell when a buffer comes free only while somebody waits for one.
    buffers.tellTransmit(false);
  }

  /**
   * Sends if a buffer is free.
   *
   * @returns False where none is.
   * @throws {RpmsgError} `MESSAGE_SIZE`, or why the device does no more work.
   */
  transmit(source: number, destination: number, payload: Uint8Array): boolean {
    this.#state.checkUsable();
    const length = payload.length;
    this.checkLength(length);
    const buffers = this.#buffers;
    const token = buffers.takeTransmit();
    if (token < 0) {
      // What a batch has filled is the peer's to read before anything can come free; what no
      // message fits into goes back as well.
      this.#publish();
      this.#checkQueues();
      this.#state.checkUsable();
      return false;
    }
    const total = RPMSG_HEADER_SIZE + length;
    if (total > buffers.transmitCapacity) {
      buffers.keepTransmit(token);
      throw this.#tooLarge(length, buffers.transmitCapacity - RPMSG_HEADER_SIZE);
    }
    const words = buffers.transmitWords;
    const at = buffers.transmitOffset;
    words.set32(at + RPMSG_HEADER_SOURCE, source);
    words.set32(at + RPMSG_HEADER_DESTINATION, destination);
    words.set32(at + RPMSG_HEADER_RESERVED, 0);
    // One word for len and flags: no flag is defined.
    words.set32(at + RPMSG_HEADER_LENGTH, length);
    words.copyIn(at + RPMSG_HEADER_SIZE, payload, 0, length);
    words.flush(at, total);
    buffers.giveTransmit(token, total);
    this.sent++;
    if (this.#batches === 0) this.#publish();
    return true;
  }

  /** Refuses a payload that no buffer takes, with `MESSAGE_SIZE`. */
  checkLength(length: number): void {
    if (length > this.maxPayload) throw this.#tooLarge(length, this.maxPayload);
  }

  /** Publishes together what is sent inside. */
  batch(send: () => void): void {
    this.#batches++;
    try {
      send();
    } finally {
      this.#batches--;
      if (this.#batches === 0 && this.#state.failure === undefined) this.#publish();
    }
  }

  /** Waits until `look`, which sends, is true: the peer tells meanwhile when a buffer is free. */
  async waitToSend(wait: WaitFor): Promise<void> {
    this.#sendersWaiting++;
    try {
      await this.#state.waits.wait({
        ...wait,
        look: () => {
          if (wait.look()) return true;
          // What came free before the peer was asked to tell would be missed otherwise.
          this.#peerTells = true;
          return this.#buffers.tellTransmit(true) && wait.look();
        },
      });
    } finally {
      this.#sendersWaiting--;
      if (this.#sendersWaiting === 0 && this.#peerTells && this.#state.failure === undefined) {
        this.#peerTells = false;
        this.#buffers.tellTransmit(false);
      }
    }
  }

  #publish(): void {
    const buffers = this.#buffers;
    if (buffers.publishTransmit()) this.#notify(buffers.transmitQueue);
  }

  #tooLarge(length: number, limit: number): RpmsgError {
    return new RpmsgError(
      "MESSAGE_SIZE",
      `Send ${length} bytes on ${this.#state.name}: a buffer takes ${limit}, and a message is ` +
        "never cut",
    );
  }
}
