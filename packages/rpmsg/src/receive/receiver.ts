import type { Timer } from "@openamp/libmetal";
import type { RpmsgBuffers } from "../buffer/rpmsg_buffers.ts";
import type { EndpointTable } from "../endpoint/endpoint_table.ts";
import { ReceivedMessage } from "../message/received_message.ts";
import type { NameService } from "../name_service/name_service.ts";
import type { DeviceState } from "../state/device_state.ts";
import type { Notify } from "../transmit/transmitter.ts";
import {
  RPMSG_ADDR_ANY,
  RPMSG_HEADER_DESTINATION,
  RPMSG_HEADER_LENGTH,
  RPMSG_HEADER_SIZE,
  RPMSG_HEADER_SOURCE,
  RPMSG_NS_ADDR,
} from "../wire/header.ts";
import { RPMSG_NS_MESSAGE_SIZE } from "../wire/name_service.ts";

/** Messages taken in one go; what is left waits for the next turn, so that others get theirs. */
const DRAIN_MAX = 1024;
/** Messages in one go from which on the peer is asked not to ring while we look. */
const QUIET_BATCH = 16;

/** What a receiver is made of. */
export interface ReceiverOptions {
  /** The device's state. */
  readonly state: DeviceState;
  /** The buffers of our role. */
  readonly buffers: RpmsgBuffers;
  /** Tells the peer to look at a queue. */
  readonly notify: Notify;
  /** Who gets the messages. */
  readonly endpoints: EndpointTable;
  /** Who gets the announcements. */
  readonly nameService: NameService;
  /** Whether the peer's announcements are heard. */
  readonly hearsNames: boolean;
  /** Called when the next turn has come for what was left. */
  readonly nextTurn: () => void;
}

/**
 * The receiving half of a device: takes what is there, checks each header, and brings the payload to
 * its endpoint.
 */
export class Receiver {
  /** Messages that a handler got. */
  received = 0;

  readonly #state: DeviceState;
  readonly #buffers: RpmsgBuffers;
  readonly #notify: Notify;
  readonly #endpoints: EndpointTable;
  readonly #nameService: NameService;
  readonly #hearsNames: boolean;
  readonly #onNextTurn: () => void;
  readonly #held = new Set<ReceivedMessage>();
  readonly #release = (message: ReceivedMessage, token: number): void => {
    this.#giveBack(message, token);
  };
  /** The one message that every handler gets in turn. */
  #message: ReceivedMessage | undefined;
  #draining = false;
  #ringAgain = false;
  #nextTurn: Timer | undefined;

  constructor(options: ReceiverOptions) {
    this.#state = options.state;
    this.#buffers = options.buffers;
    this.#notify = options.notify;
    this.#endpoints = options.endpoints;
    this.#nameService = options.nameService;
    this.#hearsNames = options.hearsNames;
    this.#onNextTurn = options.nextTurn;
  }

  /** Takes what is there; a ring meanwhile lets it look again, not inside. */
  drain(): void {
    if (this.#draining) {
      this.#ringAgain = true;
      return;
    }
    this.#draining = true;
    try {
      if (this.#drainAll() > 0) this.#state.heard = true;
    } finally {
      this.#draining = false;
    }
  }

  /** Ends every use of every message: the device is gone. */
  end(): void {
    this.#nextTurn?.cancel();
    this.#message?.revoke();
    for (const message of this.#held) message.revoke();
    this.#held.clear();
  }

  /** Takes what is there, and what comes meanwhile, up to a limit; returns how much it was. */
  #drainAll(): number {
    const buffers = this.#buffers;
    let total = 0;
    do {
      this.#ringAgain = false;
      const taken = this.#takeBatch(DRAIN_MAX - total);
      total += taken;
      if (this.#state.failure !== undefined) break;
      if (buffers.publishReceive()) this.#notify(buffers.receiveQueue);
      if (total >= DRAIN_MAX) {
        this.#nextTurn ??= this.#state.clock.after(0, () => this.#takeNextTurn());
        break;
      }
      if (taken >= QUIET_BATCH) {
        // Many at once, so more are likely: nobody needs to ring while we look anyway.
        buffers.tellReceive(false);
        this.#ringAgain = true;
      } else if (buffers.tellReceive(true)) {
        this.#ringAgain = true;
      }
    } while (this.#ringAgain);
    return total;
  }

  #takeBatch(limit: number): number {
    const buffers = this.#buffers;
    // What was passed over is work too: a peer that offers nothing else must not keep us here.
    const passedOver = buffers.malformed;
    let taken = 0;
    do {
      const token = buffers.takeReceive();
      if (token < 0) break;
      this.#receive(token);
      taken++;
      // One look a batch: what came after it comes with a ring of its own.
    } while (taken < limit && buffers.receiveSeen > 0 && this.#state.failure === undefined);
    return taken + buffers.malformed - passedOver;
  }

  #takeNextTurn(): void {
    this.#nextTurn = undefined;
    this.#onNextTurn();
  }

  #receive(token: number): void {
    const buffers = this.#buffers;
    const words = buffers.receiveWords;
    const at = buffers.receiveOffset;
    const available = buffers.receiveLength - RPMSG_HEADER_SIZE;
    if (available < 0) {
      this.#state.dropped.droppedShort++;
      buffers.giveReceive(token);
      return;
    }
    words.invalidate(at, buffers.receiveLength);
    const source = words.get32(at + RPMSG_HEADER_SOURCE);
    const destination = words.get32(at + RPMSG_HEADER_DESTINATION);
    const length = words.get32(at + RPMSG_HEADER_LENGTH) & 0xffff;
    if (length > available) {
      this.#state.dropped.droppedLength++;
      buffers.giveReceive(token);
      return;
    }
    if (destination === RPMSG_NS_ADDR && this.#hearsNames) {
      const bytes = new Uint8Array(Math.min(length, RPMSG_NS_MESSAGE_SIZE + 1));
      words.copyOut(at + RPMSG_HEADER_SIZE, bytes, 0, bytes.length);
      buffers.giveReceive(token);
      this.#nameService.hear(bytes);
      return;
    }
    const endpoint = this.#endpoints.find(destination);
    if (endpoint === undefined) {
      this.#state.dropped.droppedAddress++;
      buffers.giveReceive(token);
      return;
    }
    // Linux and the C host never announce back: who answers our announcement first is the peer.
    if (endpoint.destination === RPMSG_ADDR_ANY && endpoint.announced) {
      this.#nameService.bind(endpoint, source);
      // onBound may have closed the endpoint, or the device.
      if (this.#state.failure !== undefined) return;
    }
    const { handler } = endpoint;
    if (handler === undefined || endpoint.closed) {
      this.#state.dropped.droppedNoHandler++;
      buffers.giveReceive(token);
      return;
    }
    this.received++;
    const message = (this.#message ??= new ReceivedMessage(words, this.#release));
    message.begin(words, at + RPMSG_HEADER_SIZE, length, source, destination, token);
    try {
      handler(message);
    } catch (error) {
      this.#state.callbackFailed(`handler of ${endpoint.label()}`, error);
    }
    const end = message.end();
    if (end === "done") {
      buffers.giveReceive(token);
      return;
    }
    // It was given away: what the holder has must never show another message.
    this.#message = undefined;
    if (end === "held") this.#held.add(message);
  }

  #giveBack(message: ReceivedMessage, token: number): void {
    this.#held.delete(message);
    if (this.#state.failure !== undefined) return;
    const buffers = this.#buffers;
    buffers.giveReceive(token);
    if (!this.#draining && buffers.publishReceive()) this.#notify(buffers.receiveQueue);
  }
}
