import { type Listeners, listeners, LogLevel } from "@openamp/libmetal";
import type { NamedAddress } from "../endpoint/endpoint_port.ts";
import type { EndpointTable } from "../endpoint/endpoint_table.ts";
import { type LocalEndpoint, SEND_TIMEOUT } from "../endpoint/local_endpoint.ts";
import type { DeviceState } from "../state/device_state.ts";
import type { Transmitter } from "../transmit/transmitter.ts";
import { RPMSG_ADDR_ANY, RPMSG_NS_ADDR } from "../wire/header.ts";
import { decodeNameService, encodeNameService } from "../wire/name_service.ts";
import type { Announcement } from "./announcement.ts";
import { Announcements } from "./announcements.ts";

/**
 * What both sides tell each other about their services, and what it does to the endpoints. In the
 * kernel: `rpmsg_ns.c`.
 */
export class NameService {
  /** The services that the peer announced. */
  readonly announcements: Announcements = new Announcements();
  /** Those who hear of each announcement. */
  readonly announced: Listeners<Announcement> = listeners();

  readonly #state: DeviceState;
  readonly #transmitter: Transmitter;
  readonly #endpoints: EndpointTable;

  constructor(state: DeviceState, transmitter: Transmitter, endpoints: EndpointTable) {
    this.#state = state;
    this.#transmitter = transmitter;
    this.#endpoints = endpoints;
  }

  /** Tells the peer of an endpoint, now or when a buffer is free; nobody waits for it. */
  announce(endpoint: NamedAddress): void {
    const payload = encodeNameService(endpoint.name, endpoint.address, false);
    this.#tell(endpoint, () => {
      // Closed before it was announced: there is nothing to say.
      if (this.#endpoints.find(endpoint.address) !== endpoint) return true;
      // Before it is sent, since the peer may answer within.
      endpoint.announced = true;
      const sent = this.#transmitter.transmit(endpoint.address, RPMSG_NS_ADDR, payload);
      endpoint.announced = sent;
      return sent;
    });
  }

  /** Tells the peer that an announced endpoint is gone; nobody waits for it. */
  withdraw(endpoint: NamedAddress): void {
    const payload = encodeNameService(endpoint.name, endpoint.address, true);
    endpoint.announced = false;
    this.#tell(endpoint, () =>
      this.#transmitter.transmit(endpoint.address, RPMSG_NS_ADDR, payload),
    );
  }

  /** The address of a service of this name to which no endpoint is bound yet. */
  unboundService(name: string): number {
    const free = ({ address }: Announcement): boolean => !this.#endpoints.isBoundTo(address);
    return this.announcements.find(name, free)?.address ?? RPMSG_ADDR_ANY;
  }

  /** Takes an announcement of the peer: bytes that are ours already. */
  hear(bytes: Uint8Array): void {
    const message = decodeNameService(bytes);
    const announcement: Announcement | undefined =
      message === undefined
        ? undefined
        : { name: message.name, address: message.address, present: !message.destroy };
    if (announcement === undefined || !this.announcements.apply(announcement)) {
      this.#state.dropped.droppedAnnouncement++;
      return;
    }
    const { name, address, present } = announcement;
    const verb = present ? "creating" : "destroying";
    this.#state.log(LogLevel.info, `${verb} channel ${name} addr 0x${address.toString(16)}`);
    const endpoints = this.#endpoints.named(name);
    if (present) {
      // One service for one endpoint: a second of the same name waits for a second service.
      const unbound = endpoints.find((endpoint) => !endpoint.ready);
      if (unbound !== undefined) this.bind(unbound, address);
    } else {
      for (const endpoint of endpoints) {
        if (endpoint.destination !== address) continue;
        this.#state.guard(`onUnbound of ${endpoint.label()}`, () => endpoint.unbind());
      }
    }
    this.#state.guard("onAnnouncement", () => this.announced.emit(announcement));
  }

  /** Binds an endpoint to an address that the peer gave. */
  bind(endpoint: LocalEndpoint, address: number): void {
    if (address === RPMSG_ADDR_ANY) return;
    this.#state.guard(`onBound of ${endpoint.label()}`, () => endpoint.bind(address));
  }

  #tell(endpoint: NamedAddress, look: () => boolean): void {
    const what = `Announce "${endpoint.name}"`;
    const wait = { look, what, timeout: SEND_TIMEOUT };
    this.#transmitter.waitToSend(wait).catch((error: unknown) => {
      if (this.#state.failure === undefined) this.#state.log(LogLevel.warning, String(error));
    });
  }
}
