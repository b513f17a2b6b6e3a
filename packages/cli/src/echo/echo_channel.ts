import { hostClock } from "@openamp/libmetal";
import type { Processor } from "@openamp/openamp";
import { equalBytes } from "./payload.ts";

/** The service that the demonstration's firmware announces, as OpenAMP's own does. */
export const ECHO_SERVICE = "rpmsg-openamp-demo-channel";

/** What came of one message. */
export type Echo =
  | { readonly outcome: "right" | "wrong"; readonly microseconds: number }
  | { readonly outcome: "lost" };

/** A channel to firmware that sends each message back. */
export interface EchoChannel {
  /** The firmware's address. */
  readonly address: number;
  /** Bytes of the largest payload. */
  readonly maxPayload: number;
  /**
   * Sends a message and waits for its echo. One at a time.
   *
   * @param payload 0 to `maxPayload` bytes, unlike those of every other message; left unchanged.
   * @returns `lost` where nothing came in time. The time runs from before the send to the call of
   *   the endpoint's handler.
   */
  exchange(payload: Uint8Array): Promise<Echo>;
}

/** How an {@linkcode EchoChannel} waits. */
export interface EchoOptions {
  /** Milliseconds that the firmware has to announce the service. */
  readonly timeout: number;
  /** Milliseconds that it has to echo a message. */
  readonly replyTimeout: number;
  /** Ends a wait early. */
  readonly signal: AbortSignal;
}

/**
 * Opens a channel to firmware that echoes.
 *
 * @param processor The processor, running.
 * @param service The service's name.
 * @param options How long to wait.
 * @returns The channel; it ends with the processor.
 * @throws {OpenampError} `NOT_ANNOUNCED`, `NO_RPMSG`, `CRASHED`, `STOPPED`, `ABORTED`.
 */
export async function openEchoChannel(
  processor: Processor,
  service: string,
  options: EchoOptions,
): Promise<EchoChannel> {
  const { timeout, replyTimeout, signal } = options;
  let arrival = 0;
  const channel = await processor.channel(service, {
    timeout,
    signal,
    onMessage: () => {
      arrival = hostClock.now();
    },
  });
  /** Messages that were given up: their echoes may still come, before that of a later one. */
  const late: Uint8Array[] = [];

  async function echoOf(payload: Uint8Array): Promise<boolean> {
    const end = hostClock.now() + replyTimeout;
    for (;;) {
      const left = Math.max(0, end - hostClock.now());
      // oxlint-disable-next-line no-await-in-loop
      const echo = await channel.receive({ timeout: left, signal });
      if (equalBytes(echo, payload)) return true;
      const index = late.findIndex((each) => equalBytes(each, echo));
      if (index < 0) return false;
      late.splice(index, 1);
    }
  }

  return {
    address: channel.endpoint.destination,
    maxPayload: channel.maxPayload,
    async exchange(payload) {
      try {
        // The wait is set up before the clock starts.
        const echo = echoOf(payload);
        const start = hostClock.now();
        const [right] = await Promise.all([
          echo,
          channel.send(payload, { timeout: replyTimeout, signal }),
        ]);
        return { outcome: right ? "right" : "wrong", microseconds: (arrival - start) * 1000 };
      } catch (error) {
        if (!isTimeout(error)) throw error;
        late.push(payload);
        return { outcome: "lost" };
      }
    },
  };
}

/** No echo in time, or no buffer for the message. */
function isTimeout(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "NOT_READY" || error.code === "TIMEOUT")
  );
}
