import {
  type Clock,
  type Listeners,
  listeners,
  type Logger,
  LogLevel,
  rateLimitedLogger,
  type Timer,
  type WaitFor,
  type WaitOptions,
  type WaitQueue,
  waitQueue,
} from "@openamp/libmetal";
import type { RpmsgBuffers } from "../buffer/rpmsg_buffers.ts";
import { Addresses, isAddress } from "../endpoint/addresses.ts";
import type { Endpoint, EndpointOptions } from "../endpoint/endpoint.ts";
import type { EndpointPort, NamedAddress } from "../endpoint/endpoint_port.ts";
import { LocalEndpoint, SEND_TIMEOUT } from "../endpoint/local_endpoint.ts";
import { RpmsgError } from "../error.ts";
import { ReceivedMessage } from "../message/received_message.ts";
import type { Announcement } from "../name_service/announcement.ts";
import { Announcements } from "../name_service/announcements.ts";
import {
  RPMSG_ADDR_ANY,
  RPMSG_HEADER_DESTINATION,
  RPMSG_HEADER_LENGTH,
  RPMSG_HEADER_RESERVED,
  RPMSG_HEADER_SIZE,
  RPMSG_HEADER_SOURCE,
  RPMSG_NS_ADDR,
} from "../wire/header.ts";
import {
  decodeNameService,
  encodeNameService,
  isServiceName,
  RPMSG_NS_MESSAGE_SIZE,
} from "../wire/name_service.ts";
import { type DropCounters, dropCounters, type RpmsgCounters } from "./counters.ts";
import type { RpmsgDevice } from "./rpmsg_device.ts";

/** Messages taken in one go; what is left waits for the next turn, so that others get theirs. */
const DRAIN_MAX = 1024;
/** The largest payload whose length the header's 16 bits can hold. */
const LENGTH_MAX = 0xffff;
/** Messages in one go from which on the peer is asked not to ring while we look. */
const QUIET_BATCH = 16;

/** What a device is made of, once its queues stand. */
export interface VirtioRpmsgDeviceOptions {
  /** The device's name, for messages. */
  readonly name: string;
  /** The buffers of our role. */
  readonly buffers: RpmsgBuffers;
  /** Whether name service was negotiated. */
  readonly nameService: boolean;
  /** Tells the peer to look at a queue. */
  readonly notify: (queue: number) => void;
  /** Whether the peer has taken the device back. */
  readonly isReset: () => boolean;
  /** Measures the timeouts. */
  readonly clock: Clock;
  /** Takes what happens. */
  readonly logger: Logger;
}

/** An rpmsg device over two virtqueues, the same for both roles: `RpmsgBuffers` is the difference. */
export class VirtioRpmsgDevice implements RpmsgDevice, EndpointPort {
  readonly name: string;
  readonly maxPayload: number;
  readonly nameService: boolean;
  /** Whether the peer has shown any sign of life. */
  heard = false;

  readonly #buffers: RpmsgBuffers;
  readonly #notify: (queue: number) => void;
  readonly #isReset: () => boolean;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** For lines that the peer can cause. */
  readonly #limitedLogger: Logger;
  readonly #waits: WaitQueue;
  readonly #endpoints = new Map<number, LocalEndpoint>();
  readonly #dropped: DropCounters = dropCounters();
  readonly #addresses = new Addresses();
  readonly #announcements = new Announcements();
  readonly #announced: Listeners<Announcement> = listeners();
  readonly #failed: Listeners<RpmsgError> = listeners();
  readonly #services: Disposable[] = [];
  readonly #held = new Set<ReceivedMessage>();
  readonly #release = (message: ReceivedMessage, token: number): void => {
    this.#giveBack(message, token);
  };
  #message: ReceivedMessage | undefined;
  /** What `#find` found last; forgotten when the endpoints change. */
  #foundAddress = -1;
  #found: LocalEndpoint | undefined;
  #failure: RpmsgError | undefined;
  #draining = false;
  #ringAgain = false;
  #nextTurn: Timer | undefined;
  #sendersWaiting = 0;
  #batches = 0;
  #sent = 0;
  #received = 0;
  #tellsTransmit = false;

  constructor(options: VirtioRpmsgDeviceOptions) {
    this.name = options.name;
    this.nameService = options.nameService;
    this.#buffers = options.buffers;
    this.#notify = options.notify;
    this.#isReset = options.isReset;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#limitedLogger = rateLimitedLogger(options);
    this.maxPayload = Math.min(options.buffers.transmitSize - RPMSG_HEADER_SIZE, LENGTH_MAX);
    this.#waits = waitQueue({
      clock: options.clock,
      error: (failure, what, cause) =>
        new RpmsgError(
          failure,
          `${what}: ${failure === "TIMEOUT" ? "time is up" : "aborted"} on ${this.name}`,
          { cause },
        ),
    });
    // Peers tell when a buffer comes free only while somebody waits for one.
    options.buffers.tellTransmit(false);
  }

  get counters(): RpmsgCounters {
    return {
      sent: this.#sent,
      received: this.#received,
      droppedBuffer: this.#buffers.malformed,
      ...this.#dropped,
    };
  }

  get announcements(): readonly Announcement[] {
    return this.#announcements.list();
  }

  createEndpoint(options: EndpointOptions): Endpoint {
    this.#checkUsable();
    const { name = "", destination = RPMSG_ADDR_ANY } = options;
    if (name !== "" && !isServiceName(name)) {
      throw new RpmsgError(
        "NAME",
        `Create endpoint "${name}": a name is 1 to 31 printable ASCII characters`,
      );
    }
    if (destination !== RPMSG_ADDR_ANY && !isAddress(destination)) {
      throw new RpmsgError(
        "ADDRESS",
        `Create an endpoint for the peer's address ${destination}: an address is 0 to 2^32 - 2`,
      );
    }
    const address = this.#addresses.take(options.address, (each) => this.#endpoints.has(each));
    const announce =
      name !== "" &&
      destination === RPMSG_ADDR_ANY &&
      this.nameService &&
      (options.announce ?? true);
    const endpoint = new LocalEndpoint(this, address, options);
    if (name !== "" && !endpoint.ready) endpoint.destination = this.#unboundService(name);
    this.#endpoints.set(address, endpoint);
    this.#foundAddress = -1;
    if (announce) this.#announce(endpoint, false);
    return endpoint;
  }

  onAnnouncement(callback: (announcement: Announcement) => void): Disposable {
    return this.#announced.add(callback);
  }

  async whenAnnounced(name: string, options: WaitOptions = {}): Promise<Announcement> {
    let found: Announcement | undefined;
    await this.wait({
      look: () => (found = this.#announcements.find(name)) !== undefined,
      what: `Wait for service "${name}" to be announced`,
      timeout: options.timeout ?? SEND_TIMEOUT,
      signal: options.signal,
    });
    if (found === undefined) throw this.#failure ?? this.#closedError();
    return found;
  }

  whenHeard(options: WaitOptions = {}): Promise<void> {
    return this.wait({
      look: () => this.heard,
      what: "Wait for the peer's first sign of life",
      timeout: options.timeout ?? SEND_TIMEOUT,
      signal: options.signal,
    });
  }

  onFailure(callback: (reason: RpmsgError) => void): Disposable {
    const failure = this.#failure;
    if (failure !== undefined && failure.code !== "CLOSED") callback(failure);
    return this.#failed.add(callback);
  }

  /** Takes what serves this device, to end it together with the device. */
  attach(service: Disposable): void {
    if (this.#failure === undefined) this.#services.push(service);
    else service[Symbol.dispose]();
  }

  /** The peer rang. */
  notified(): void {
    if (this.#failure !== undefined) return;
    this.heard = true;
    this.poll();
  }

  poll(): void {
    if (this.#failure !== undefined) return;
    if (this.#isReset()) {
      this.fail(new RpmsgError("RESET", `Use ${this.name}: the peer took the device back`));
      return;
    }
    this.#drain();
    // Whoever uses up our messages is alive, also where it never rings.
    if (!this.heard && this.#buffers.reclaimTransmit()) this.heard = true;
    this.#waits.wake();
  }

  /** Ends all work; the first reason stays. */
  fail(reason: RpmsgError): void {
    if (this.#failure !== undefined) return;
    if (reason.code === "BROKEN") this.#logger.log(LogLevel.critical, this.#line(reason.message));
    this.#end(reason);
    this.#guard("onFailure", () => this.#failed.emit(reason));
  }

  close(): void {
    if (this.#failure !== undefined) return;
    this.#end(this.#closedError());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  checkLength(length: number): void {
    if (length > this.maxPayload) throw this.#tooLarge(length, this.maxPayload);
  }

  transmit(source: number, destination: number, payload: Uint8Array): boolean {
    this.#checkUsable();
    const length = payload.length;
    this.checkLength(length);
    const buffers = this.#buffers;
    const token = buffers.takeTransmit();
    if (token < 0) {
      // What a batch has filled is the peer's to read before anything can come free; what no
      // message fits into goes back as well.
      this.#publishTransmit();
      this.#checkQueues();
      this.#checkUsable();
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
    this.#sent++;
    if (this.#batches === 0) this.#publishTransmit();
    return true;
  }

  batch(send: () => void): void {
    this.#batches++;
    try {
      send();
    } finally {
      this.#batches--;
      if (this.#batches === 0 && this.#failure === undefined) this.#publishTransmit();
    }
  }

  wait(wait: WaitFor): Promise<void> {
    return this.#waits.wait(wait);
  }

  async waitToSend(wait: WaitFor): Promise<void> {
    this.#sendersWaiting++;
    try {
      await this.#waits.wait({
        ...wait,
        look: () => {
          if (wait.look()) return true;
          // What came free before the peer was asked to tell would be missed otherwise.
          this.#tellsTransmit = true;
          return this.#buffers.tellTransmit(true) && wait.look();
        },
      });
    } finally {
      this.#sendersWaiting--;
      if (this.#sendersWaiting === 0 && this.#tellsTransmit && this.#failure === undefined) {
        this.#tellsTransmit = false;
        this.#buffers.tellTransmit(false);
      }
    }
  }

  wake(): void {
    this.#waits.wake();
  }

  forget(endpoint: NamedAddress): void {
    this.#endpoints.delete(endpoint.address);
    this.#foundAddress = -1;
    if (endpoint.announced && this.#failure === undefined) this.#announce(endpoint, true);
  }

  #publishTransmit(): void {
    const buffers = this.#buffers;
    if (buffers.publishTransmit()) this.#notify(buffers.transmitQueue);
  }

  #drain(): void {
    if (this.#draining) {
      this.#ringAgain = true;
      return;
    }
    this.#draining = true;
    try {
      if (this.#drainAll() > 0) this.heard = true;
    } finally {
      this.#draining = false;
    }
    this.#checkQueues();
  }

  /** Takes what is there, and what comes meanwhile, up to a limit; returns how much it was. */
  #drainAll(): number {
    const buffers = this.#buffers;
    let total = 0;
    do {
      this.#ringAgain = false;
      const taken = this.#takeBatch(DRAIN_MAX - total);
      total += taken;
      if (this.#failure !== undefined) break;
      if (buffers.publishReceive()) this.#notify(buffers.receiveQueue);
      if (total >= DRAIN_MAX) {
        this.#nextTurn ??= this.#clock.after(0, () => this.#drainNextTurn());
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
    } while (taken < limit && buffers.receiveSeen > 0 && this.#failure === undefined);
    return taken + buffers.malformed - passedOver;
  }

  #drainNextTurn(): void {
    this.#nextTurn = undefined;
    this.poll();
  }

  #receive(token: number): void {
    const buffers = this.#buffers;
    const words = buffers.receiveWords;
    const at = buffers.receiveOffset;
    const available = buffers.receiveLength - RPMSG_HEADER_SIZE;
    if (available < 0) {
      this.#dropped.droppedShort++;
      buffers.giveReceive(token);
      return;
    }
    words.invalidate(at, buffers.receiveLength);
    const source = words.get32(at + RPMSG_HEADER_SOURCE);
    const destination = words.get32(at + RPMSG_HEADER_DESTINATION);
    const length = words.get32(at + RPMSG_HEADER_LENGTH) & 0xffff;
    if (length > available) {
      this.#dropped.droppedLength++;
      buffers.giveReceive(token);
      return;
    }
    if (destination === RPMSG_NS_ADDR && this.nameService) {
      const bytes = new Uint8Array(Math.min(length, RPMSG_NS_MESSAGE_SIZE + 1));
      words.copyOut(at + RPMSG_HEADER_SIZE, bytes, 0, bytes.length);
      buffers.giveReceive(token);
      this.#hearAnnouncement(bytes);
      return;
    }
    const endpoint = this.#find(destination);
    if (endpoint === undefined) {
      this.#dropped.droppedAddress++;
      buffers.giveReceive(token);
      return;
    }
    // Linux and the C host never announce back: who answers our announcement first is the peer.
    if (endpoint.destination === RPMSG_ADDR_ANY && endpoint.announced) {
      this.#bind(endpoint, source);
      // onBound may have closed the endpoint, or the device.
      if (this.#failure !== undefined) return;
    }
    if (endpoint.handler === undefined || endpoint.closed) {
      this.#dropped.droppedNoHandler++;
      buffers.giveReceive(token);
      return;
    }
    this.#received++;
    const message = (this.#message ??= new ReceivedMessage(words, this.#release));
    message.begin(words, at + RPMSG_HEADER_SIZE, length, source, destination, token);
    try {
      endpoint.deliver(message);
    } catch (error) {
      this.#callbackFailed(`handler of ${endpoint.label()}`, error);
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

  /** Messages come in runs to one address, and a look-up takes 7 ns. */
  #find(address: number): LocalEndpoint | undefined {
    if (address === this.#foundAddress) return this.#found;
    this.#foundAddress = address;
    this.#found = this.#endpoints.get(address);
    return this.#found;
  }

  #bind(endpoint: LocalEndpoint, source: number): void {
    if (source === RPMSG_ADDR_ANY) return;
    this.#guard(`onBound of ${endpoint.label()}`, () => endpoint.bind(source));
  }

  /** The address of a service of this name to which no endpoint is bound yet. */
  #unboundService(name: string): number {
    const endpoints = this.#endpoints;
    const service = this.#announcements.find(name, ({ address }) => {
      for (const { destination } of endpoints.values()) if (destination === address) return false;
      return true;
    });
    return service?.address ?? RPMSG_ADDR_ANY;
  }

  #hearAnnouncement(bytes: Uint8Array): void {
    const message = decodeNameService(bytes);
    const announcement: Announcement | undefined =
      message === undefined
        ? undefined
        : { name: message.name, address: message.address, present: !message.destroy };
    if (announcement === undefined || !this.#announcements.apply(announcement)) {
      this.#dropped.droppedAnnouncement++;
      return;
    }
    const { name, address, present } = announcement;
    const verb = present ? "creating" : "destroying";
    this.#log(LogLevel.info, `${verb} channel ${name} addr 0x${address.toString(16)}`);
    const endpoints = [...this.#endpoints.values()].filter((endpoint) => endpoint.name === name);
    if (present) {
      // One service for one endpoint: a second of the same name waits for a second service.
      const unbound = endpoints.find((endpoint) => !endpoint.ready);
      if (unbound !== undefined) this.#bind(unbound, address);
    } else {
      for (const endpoint of endpoints) {
        if (endpoint.destination !== address) continue;
        this.#guard(`onUnbound of ${endpoint.label()}`, () => endpoint.unbind());
      }
    }
    this.#guard("onAnnouncement", () => this.#announced.emit(announcement));
  }

  /** Tells the peer of an endpoint, now or when a buffer is free; nobody waits for it. */
  #announce(endpoint: NamedAddress, destroy: boolean): void {
    const { name, address } = endpoint;
    const payload = encodeNameService(name, address, destroy);
    const look = (): boolean => {
      // Closed before it was announced: there is nothing to say, or to take back.
      if (!destroy && this.#endpoints.get(address) !== endpoint) return true;
      // Before it is sent, since the peer may answer within.
      endpoint.announced = !destroy;
      if (this.transmit(address, RPMSG_NS_ADDR, payload)) return true;
      endpoint.announced = false;
      return false;
    };
    const what = `Announce "${name}"`;
    this.waitToSend({ look, what, timeout: SEND_TIMEOUT }).catch((error: unknown) => {
      if (this.#failure === undefined) this.#log(LogLevel.warning, String(error));
    });
  }

  #giveBack(message: ReceivedMessage, token: number): void {
    this.#held.delete(message);
    if (this.#failure !== undefined) return;
    this.#buffers.giveReceive(token);
    if (!this.#draining && this.#buffers.publishReceive()) {
      this.#notify(this.#buffers.receiveQueue);
    }
  }

  /** Runs a callback of the user: what it throws is counted and logged, and harms nobody else. */
  #guard(what: string, callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#callbackFailed(what, error);
    }
  }

  #callbackFailed(what: string, error: unknown): void {
    this.#dropped.handlerErrors++;
    this.#log(LogLevel.error, `${what} threw: ${String(error)}`);
  }

  #end(reason: RpmsgError): void {
    this.#failure = reason;
    this.#nextTurn?.cancel();
    for (const service of this.#services) service[Symbol.dispose]();
    this.#message?.revoke();
    for (const message of this.#held) message.revoke();
    this.#held.clear();
    this.#endpoints.clear();
    this.#foundAddress = -1;
    this.#waits.close(reason);
  }

  /** A queue that the peer broke ends the device. */
  #checkQueues(): void {
    const { broken } = this.#buffers;
    if (broken === undefined || this.#failure !== undefined) return;
    this.fail(new RpmsgError("BROKEN", `Use ${this.name}: ${broken.message}`, { cause: broken }));
  }

  #checkUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #closedError(): RpmsgError {
    return new RpmsgError("CLOSED", `Use ${this.name}: the device was closed`);
  }

  #tooLarge(length: number, limit: number): RpmsgError {
    return new RpmsgError(
      "MESSAGE_SIZE",
      `Send ${length} bytes on ${this.name}: a buffer takes ${limit}, and a message is never cut`,
    );
  }

  /** Logs what the peer can cause as often as it likes. */
  #log(level: LogLevel, message: string): void {
    this.#limitedLogger.log(level, this.#line(message));
  }

  #line(message: string): string {
    return `virtio_rpmsg_bus ${this.name}: ${message}`;
  }
}
