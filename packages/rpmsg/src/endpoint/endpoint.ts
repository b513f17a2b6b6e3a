import type { WaitOptions } from "@openamp/libmetal";

import type { Message } from "../message/message.ts";

/** Takes a message. It runs inside the notification: it is short, or it copies and returns. */
export type MessageHandler = (message: Message) => void;

/** What an endpoint is made of. Upstream: `rpmsg_create_ept`. */
export interface EndpointOptions {
  /** The service's name: 1 to 31 printable ASCII characters; without one it is not announced. */
  readonly name?: string;
  /** Our address: any 32-bit number but 53 and 2^32 - 1. Default: the next free from 1024. */
  readonly address?: number;
  /** The peer's address, where it is known. Default: unknown until a rule below binds it. */
  readonly destination?: number;
  /**
   * Whether to announce a named endpoint that has no destination, where name service was
   * negotiated. Default true, as the C library does.
   */
  readonly announce?: boolean;
  /** Takes the messages. Without it they are counted and dropped. */
  readonly onMessage?: MessageHandler;
  /**
   * Called when the endpoint gets a destination. Not called for one that it has from the start:
   * `destination`, or a service of its name that the peer had announced before.
   */
  readonly onBound?: (destination: number) => void;
  /** Called when the peer withdrew the service. Upstream: `ns_unbind_cb`. */
  readonly onUnbound?: () => void;
}

/** How long a send may wait for a buffer. Default timeout 15000 ms, as the C library and Linux. */
export type SendOptions = WaitOptions;

/**
 * A place that messages come from and go to. Upstream: `rpmsg_endpoint`.
 *
 * An endpoint without destination is bound by the peer's announcement of its name, each service to
 * one endpoint, or, where we announced it, by the first message to its address. Once it is bound
 * only the name service or {@linkcode bind} changes that: a second sender cannot (T32).
 */
export interface Endpoint extends Disposable {
  /** The service's name, or an empty string. */
  readonly name: string;
  /** Our address. */
  readonly address: number;
  /** The peer's address; `RPMSG_ADDR_ANY` where none is known. */
  readonly destination: number;
  /** Whether there is a destination. Upstream: `is_rpmsg_ept_ready`. */
  readonly ready: boolean;
  /** Bytes of the largest payload: 496 with the usual buffers. */
  readonly maxPayload: number;

  /**
   * Sends to the destination if a buffer is free. Allocates nothing. Upstream: `rpmsg_trysend`.
   *
   * @param payload 0 to `maxPayload` bytes.
   * @returns False where no buffer is free now.
   * @throws {RpmsgError} `MESSAGE_SIZE`, `NOT_BOUND`, `BROKEN`, `RESET`, `CLOSED`.
   */
  trySend(payload: Uint8Array): boolean;
  /**
   * Sends to any address if a buffer is free. Upstream: `rpmsg_trysendto`.
   *
   * @param payload 0 to `maxPayload` bytes.
   * @param destination The address.
   * @returns False where no buffer is free now.
   */
  trySendTo(payload: Uint8Array, destination: number): boolean;
  /**
   * Sends from any address to any address if a buffer is free. Upstream:
   * `rpmsg_trysend_offchannel`.
   *
   * @param source The address that the receiver sees.
   * @param destination The address.
   * @param payload 0 to `maxPayload` bytes.
   * @returns False where no buffer is free now.
   */
  trySendOffChannel(source: number, destination: number, payload: Uint8Array): boolean;
  /**
   * Sends to the destination; waits for it to be known, and for a buffer. Upstream: `rpmsg_send`.
   *
   * The payload is copied when the buffer is there: leave it unchanged until then.
   *
   * @param payload 0 to `maxPayload` bytes.
   * @param options How long to wait.
   * @throws {RpmsgError} `TIMEOUT`, `ABORTED`, `MESSAGE_SIZE`, `BROKEN`, `RESET`, `CLOSED`.
   */
  send(payload: Uint8Array, options?: SendOptions): Promise<void>;
  /** Sends to any address; waits for a buffer. Upstream: `rpmsg_sendto`. */
  sendTo(payload: Uint8Array, destination: number, options?: SendOptions): Promise<void>;
  /** Sends from any address to any; waits for a buffer. Upstream: `rpmsg_send_offchannel`. */
  sendOffChannel(
    source: number,
    destination: number,
    payload: Uint8Array,
    options?: SendOptions,
  ): Promise<void>;
  /**
   * Waits until there is a destination.
   *
   * @param options How long; default 15000 ms.
   */
  whenReady(options?: WaitOptions): Promise<void>;
  /**
   * Sets the destination: the user's word, above all rules.
   *
   * @param destination The peer's address, or `RPMSG_ADDR_ANY` to let the rules find one.
   */
  bind(destination: number): void;
  /**
   * Closes the endpoint and withdraws its announcement. Its waits reject; no callback comes after.
   * Allowed inside its own handler. Upstream: `rpmsg_destroy_ept`.
   */
  close(): void;
}
