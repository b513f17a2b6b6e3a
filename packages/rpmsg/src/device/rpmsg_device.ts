import type { WaitOptions } from "@openamp/libmetal";

import type { Endpoint, EndpointOptions } from "../endpoint/endpoint.ts";
import type { RpmsgError } from "../error.ts";
import type { Announcement } from "../name_service/announcement.ts";
import type { RpmsgCounters } from "../state/counters.ts";

/**
 * Creates endpoints, sends, receives, announces: over virtio, or over whatever else carries rpmsg.
 * Services import only this. Upstream: `rpmsg_device`.
 */
export interface RpmsgDevice extends Disposable {
  /** The device's name, for messages: `virtio0`. */
  readonly name: string;
  /** Bytes of the largest payload. */
  readonly maxPayload: number;
  /** Whether both sides announce their services. */
  readonly nameService: boolean;
  /** What came, went, and was dropped. */
  readonly counters: RpmsgCounters;
  /** The services that the peer announced and did not withdraw. */
  readonly announcements: readonly Announcement[];

  /**
   * Creates an endpoint. It never waits: its announcement goes out when a buffer is free.
   *
   * @param options Its name, addresses and callbacks.
   * @returns The endpoint.
   * @throws {RpmsgError} `NAME`, `ADDRESS`, `ADDRESS_IN_USE`, `CLOSED`.
   */
  createEndpoint(options: EndpointOptions): Endpoint;
  /**
   * Calls back when the peer announces a service or withdraws it.
   *
   * @param callback Gets the announcement.
   * @returns Ends the calls.
   */
  onAnnouncement(callback: (announcement: Announcement) => void): Disposable;
  /**
   * Waits until the peer has announced a service.
   *
   * @param name The service's name.
   * @param options How long; default 15000 ms.
   * @returns The announcement.
   * @throws {RpmsgError} `TIMEOUT`, `ABORTED`, `BROKEN`, `RESET`, `CLOSED`.
   */
  whenAnnounced(name: string, options?: WaitOptions): Promise<Announcement>;
  /**
   * Waits until the peer has shown any sign of life: a ring, a used buffer, an announcement.
   *
   * @param options How long; default 15000 ms.
   * @throws {RpmsgError} `TIMEOUT`, `ABORTED`, `BROKEN`, `RESET`, `CLOSED`.
   */
  whenHeard(options?: WaitOptions): Promise<void>;
  /**
   * Publishes together what is sent inside, and rings once: for many small messages at a time.
   * A try variant that returns false inside finds room only after it.
   *
   * @param send Sends with the try variants, and returns.
   */
  batch(send: () => void): void;
  /**
   * Looks at the queues now: for polled mode, and for rings that may have been lost.
   */
  poll(): void;
  /**
   * Calls back once when the device cannot go on: the peer broke a ring, or took the device back.
   *
   * @param callback Gets the reason, of code `BROKEN` or `RESET`.
   * @returns Ends the calls.
   */
  onFailure(callback: (reason: RpmsgError) => void): Disposable;
  /** Closes the device: every endpoint, every wait and every held message ends. */
  close(): void;
}
