import type { WaitFor } from "@openamp/libmetal";

import type { LocalEndpoint } from "./local_endpoint.ts";

/** What an endpoint needs of its device. */
export interface EndpointPort {
  /** Bytes of the largest payload. */
  readonly maxPayload: number;
  /** Sends if a buffer is free; false where none is. Throws what `Endpoint.trySend` throws. */
  transmit(source: number, destination: number, payload: Uint8Array): boolean;
  /** Waits until `look` is true. */
  wait(wait: WaitFor): Promise<void>;
  /** Waits until `look`, which sends, is true: the peer tells meanwhile when a buffer is free. */
  waitToSend(wait: WaitFor): Promise<void>;
  /** Lets every wait look again. */
  wake(): void;
  /** Forgets an endpoint that was closed, and withdraws its announcement. */
  forget(endpoint: LocalEndpoint): void;
}
