import type { WaitFor } from "@openamp/libmetal";

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
  /** Bytes of the largest payload. */
  readonly maxPayload: number;
  /** Refuses a payload that no buffer takes, with `MESSAGE_SIZE`. */
  checkLength(length: number): void;
  /** Sends if a buffer is free; false where none is. Throws what `Endpoint.trySend` throws. */
  transmit(source: number, destination: number, payload: Uint8Array): boolean;
  /** Waits until `look` is true. */
  wait(wait: WaitFor): Promise<void>;
  /** Waits until `look`, which sends, is true: the peer tells meanwhile when a buffer is free. */
  waitToSend(wait: WaitFor): Promise<void>;
  /** Lets every wait look again. */
  wake(): void;
  /** Forgets an endpoint that was closed, and withdraws its announcement. */
  forget(endpoint: NamedAddress): void;
}
