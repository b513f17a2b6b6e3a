import type { WaitOptions } from "@openamp/libmetal";

import { RpmsgError } from "../error.ts";
import { RPMSG_ADDR_ANY } from "../wire/header.ts";
import { isAddress } from "./addresses.ts";
import type { Endpoint, EndpointOptions, MessageHandler, SendOptions } from "./endpoint.ts";
import type { EndpointPort, NamedAddress } from "./endpoint_port.ts";

/** Milliseconds that a send waits by default: as the C library and Linux. */
export const SEND_TIMEOUT = 15_000;

/** The one implementation of `Endpoint`, over any device that is an `EndpointPort`. */
export class LocalEndpoint implements Endpoint, NamedAddress {
  readonly name: string;
  readonly address: number;
  destination: number;
  announced = false;
  readonly handler: MessageHandler | undefined;
  closed = false;

  readonly #port: EndpointPort;
  readonly #onBound: ((destination: number) => void) | undefined;
  readonly #onUnbound: (() => void) | undefined;
  /** Sends that wait, in the order of the calls: a later one does not overtake. */
  readonly #sending = new Set<object>();

  constructor(port: EndpointPort, address: number, options: EndpointOptions) {
    this.#port = port;
    this.name = options.name ?? "";
    this.address = address;
    this.destination = options.destination ?? RPMSG_ADDR_ANY;
    this.handler = options.onMessage;
    this.#onBound = options.onBound;
    this.#onUnbound = options.onUnbound;
  }

  get ready(): boolean {
    return this.destination !== RPMSG_ADDR_ANY;
  }

  get maxPayload(): number {
    return this.#port.transmitter.maxPayload;
  }

  trySend(payload: Uint8Array): boolean {
    const destination = this.destination;
    if (destination === RPMSG_ADDR_ANY) throw this.#notBound();
    return this.#tryTransmit(this.address, destination, payload);
  }

  trySendTo(payload: Uint8Array, destination: number): boolean {
    return this.trySendOffChannel(this.address, destination, payload);
  }

  trySendOffChannel(source: number, destination: number, payload: Uint8Array): boolean {
    this.#checkAddresses(source, destination);
    return this.#tryTransmit(source, destination, payload);
  }

  send(payload: Uint8Array, options?: SendOptions): Promise<void> {
    return this.#send(payload, options, () => {
      const destination = this.destination;
      return destination !== RPMSG_ADDR_ANY && this.#transmit(this.address, destination, payload);
    });
  }

  sendTo(payload: Uint8Array, destination: number, options?: SendOptions): Promise<void> {
    return this.sendOffChannel(this.address, destination, payload, options);
  }

  async sendOffChannel(
    source: number,
    destination: number,
    payload: Uint8Array,
    options?: SendOptions,
  ): Promise<void> {
    this.#checkAddresses(source, destination);
    await this.#send(payload, options, () => this.#transmit(source, destination, payload));
  }

  whenReady(options: WaitOptions = {}): Promise<void> {
    return this.#port.waits.wait({
      look: () => {
        this.#checkOpen();
        return this.ready;
      },
      what: `Wait for the destination of ${this.label()}`,
      timeout: options.timeout ?? SEND_TIMEOUT,
      signal: options.signal,
    });
  }

  bind(destination: number): void {
    this.#checkOpen();
    if (destination !== RPMSG_ADDR_ANY) this.#checkAddresses(this.address, destination);
    this.destination = destination;
    if (destination === RPMSG_ADDR_ANY) return;
    this.#onBound?.(destination);
    this.#port.waits.wake();
  }

  /** The peer withdrew the service. */
  unbind(): void {
    this.destination = RPMSG_ADDR_ANY;
    this.#onUnbound?.();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#port.forget(this);
    this.#port.waits.wake();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #tryTransmit(source: number, destination: number, payload: Uint8Array): boolean {
    if (this.#sending.size > 0) return false;
    return this.#transmit(source, destination, payload);
  }

  #transmit(source: number, destination: number, payload: Uint8Array): boolean {
    this.#checkOpen();
    return this.#port.transmitter.transmit(source, destination, payload);
  }

  async #send(
    payload: Uint8Array,
    options: SendOptions | undefined,
    attempt: () => boolean,
  ): Promise<void> {
    this.#port.transmitter.checkLength(payload.length);
    const ticket = {};
    this.#sending.add(ticket);
    try {
      await this.#port.transmitter.waitToSend({
        look: () => {
          this.#checkOpen();
          const [first] = this.#sending;
          return first === ticket && attempt();
        },
        what: `Send ${payload.length} bytes from ${this.label()}`,
        timeout: options?.timeout ?? SEND_TIMEOUT,
        signal: options?.signal,
      });
    } finally {
      this.#sending.delete(ticket);
      this.#port.waits.wake();
    }
  }

  #checkOpen(): void {
    if (this.closed) throw new RpmsgError("CLOSED", `Use ${this.label()}: it was closed`);
  }

  #checkAddresses(source: number, destination: number): void {
    if (!isAddress(source) || !isAddress(destination)) {
      throw new RpmsgError(
        "ADDRESS",
        `Send from ${source} to ${destination}: an address is 0 to 2^32 - 2`,
      );
    }
  }

  #notBound(): RpmsgError {
    return new RpmsgError(
      "NOT_BOUND",
      `Send from ${this.label()}: no destination is known yet; send() and whenReady() wait for it`,
    );
  }

  /** What messages call it. */
  label(): string {
    const name = this.name === "" ? "endpoint" : `endpoint "${this.name}"`;
    return `${name} at 0x${this.address.toString(16)}`;
  }
}
