import type { WaitQueue } from "@openamp/libmetal";
import type { Transmitter } from "../transmit/transmitter.ts";

/** What a device knows an endpoint by. */
export interface NamedAddress {
  /** The service's name, or an empty string. */
  readonly name: string;
  /** Our address. */
  readonly address: number;
  /** Whether the peer was told of it, and may therefore bind it by a message. */
  announced: boolean;
}

/** What an endpoint needs of its device. */
export interface EndpointPort {
  /** Sends its messages. */
  readonly transmitter: Transmitter;
  /** Those who wait for something of the device. */
  readonly waits: WaitQueue;
  /** Forgets an endpoint that was closed, and withdraws its announcement. */
  forget(endpoint: NamedAddress): void;
}
