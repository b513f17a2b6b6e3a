import type { WaitFor, WaitOptions, WaitQueue } from "@openamp/libmetal";
import type { RpmsgBuffers } from "../buffer/rpmsg_buffers.ts";
import { isAddress } from "../endpoint/addresses.ts";
import type { Endpoint, EndpointOptions } from "../endpoint/endpoint.ts";
import type { EndpointPort, NamedAddress } from "../endpoint/endpoint_port.ts";
import { EndpointTable } from "../endpoint/endpoint_table.ts";
import { LocalEndpoint, SEND_TIMEOUT } from "../endpoint/local_endpoint.ts";
import { RpmsgError } from "../error.ts";
import type { Announcement } from "../name_service/announcement.ts";
import { NameService } from "../name_service/name_service.ts";
import { Receiver } from "../receive/receiver.ts";
import type { RpmsgCounters } from "../state/counters.ts";
import { DeviceState, type DeviceStateOptions } from "../state/device_state.ts";
import { type Notify, Transmitter } from "../transmit/transmitter.ts";
import { RPMSG_ADDR_ANY } from "../wire/header.ts";
import { isServiceName } from "../wire/name_service.ts";
import type { RpmsgDevice } from "./rpmsg_device.ts";

/** What a device is made of, once its queues stand. */
export interface VirtioRpmsgDeviceOptions extends DeviceStateOptions {
  /** The buffers of our role. */
  readonly buffers: RpmsgBuffers;
  /** Whether name service was negotiated. */
  readonly nameService: boolean;
  /** Tells the peer to look at a queue. */
  readonly notify: Notify;
  /** Whether the peer has taken the device back. */
  readonly isReset: () => boolean;
}

/** An rpmsg device over two virtqueues, the same for both roles: `RpmsgBuffers` is the difference. */
export class VirtioRpmsgDevice implements RpmsgDevice, EndpointPort {
  readonly name: string;
  readonly nameService: boolean;
  readonly maxPayload: number;
  readonly transmitter: Transmitter;
  readonly waits: WaitQueue;

  readonly #state: DeviceState;
  readonly #buffers: RpmsgBuffers;
  readonly #isReset: () => boolean;
  readonly #endpoints = new EndpointTable();
  readonly #names: NameService;
  readonly #receiver: Receiver;
  readonly #services: Disposable[] = [];

  constructor(options: VirtioRpmsgDeviceOptions) {
    const { buffers, notify } = options;
    const state = new DeviceState(options);
    this.name = options.name;
    this.nameService = options.nameService;
    this.#state = state;
    this.#buffers = buffers;
    this.#isReset = options.isReset;
    this.waits = state.waits;
    const checkQueues = (): void => this.#checkQueues();
    this.transmitter = new Transmitter({ state, buffers, notify, checkQueues });
    this.maxPayload = this.transmitter.maxPayload;
    this.#names = new NameService(state, this.transmitter, this.#endpoints);
    this.#receiver = new Receiver({
      state,
      buffers,
      notify,
      endpoints: this.#endpoints,
      nameService: this.#names,
      hearsNames: options.nameService,
      nextTurn: () => this.poll(),
    });
  }

  get counters(): RpmsgCounters {
    return {
      sent: this.transmitter.sent,
      received: this.#receiver.received,
      droppedBuffer: this.#buffers.malformed,
      ...this.#state.dropped,
    };
  }

  get announcements(): readonly Announcement[] {
    return this.#names.announcements.list();
  }

  /** Whether the peer has shown any sign of life. */
  get heard(): boolean {
    return this.#state.heard;
  }

  createEndpoint(options: EndpointOptions): Endpoint {
    this.#state.checkUsable();
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
    const announce =
      name !== "" &&
      destination === RPMSG_ADDR_ANY &&
      this.nameService &&
      (options.announce ?? true);
    const address = this.#endpoints.takeAddress(options.address);
    const endpoint = new LocalEndpoint(this, address, options);
    if (name !== "" && !endpoint.ready) endpoint.destination = this.#names.unboundService(name);
    this.#endpoints.add(endpoint);
    if (announce) this.#names.announce(endpoint);
    return endpoint;
  }

  onAnnouncement(callback: (announcement: Announcement) => void): Disposable {
    return this.#names.announced.add(callback);
  }

  async whenAnnounced(name: string, options: WaitOptions = {}): Promise<Announcement> {
    let found: Announcement | undefined;
    await this.#wait(options, {
      look: () => (found = this.#names.announcements.find(name)) !== undefined,
      what: `Wait for service "${name}" to be announced`,
    });
    if (found === undefined) throw this.#state.failure ?? this.#closedError();
    return found;
  }

  whenHeard(options: WaitOptions = {}): Promise<void> {
    return this.#wait(options, {
      look: () => this.heard,
      what: "Wait for the peer's first sign of life",
    });
  }

  onFailure(callback: (reason: RpmsgError) => void): Disposable {
    return this.#state.onFailure(callback);
  }

  batch(send: () => void): void {
    this.transmitter.batch(send);
  }

  /** Takes what serves this device, to end it together with the device. */
  attach(service: Disposable): void {
    if (this.#state.failure === undefined) this.#services.push(service);
    else service[Symbol.dispose]();
  }

  /** The peer rang. */
  notified(): void {
    if (this.#state.failure !== undefined) return;
    this.#state.heard = true;
    this.poll();
  }

  poll(): void {
    const state = this.#state;
    if (state.failure !== undefined) return;
    if (this.#isReset()) {
      this.#fail(new RpmsgError("RESET", `Use ${this.name}: the peer took the device back`));
      return;
    }
    this.#receiver.drain();
    this.#checkQueues();
    // Whoever uses up our messages is alive, also where it never rings.
    if (!state.heard && this.#buffers.reclaimTransmit()) state.heard = true;
    state.waits.wake();
  }

  forget(endpoint: NamedAddress): void {
    this.#endpoints.remove(endpoint.address);
    if (endpoint.announced && this.#state.failure === undefined) this.#names.withdraw(endpoint);
  }

  close(): void {
    if (this.#state.failure === undefined) this.#end(this.#closedError());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A queue that the peer broke ends the device. */
  #checkQueues(): void {
    const { broken } = this.#buffers;
    if (broken === undefined || this.#state.failure !== undefined) return;
    this.#fail(new RpmsgError("BROKEN", `Use ${this.name}: ${broken.message}`, { cause: broken }));
  }

  #fail(reason: RpmsgError): void {
    this.#end(reason);
    this.#state.announceFailure(reason);
  }

  #end(reason: RpmsgError): void {
    this.#state.end(reason);
    for (const service of this.#services) service[Symbol.dispose]();
    this.#receiver.end();
    this.#endpoints.clear();
  }

  #wait(options: WaitOptions, wait: Pick<WaitFor, "look" | "what">): Promise<void> {
    const { timeout = SEND_TIMEOUT, signal } = options;
    return this.waits.wait({ ...wait, timeout, signal });
  }

  #closedError(): RpmsgError {
    return new RpmsgError("CLOSED", `Use ${this.name}: the device was closed`);
  }
}
