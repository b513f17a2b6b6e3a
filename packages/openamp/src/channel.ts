import type { Clock, WaitOptions } from "@openamp/libmetal";
import type { Endpoint, MessageHandler, RpmsgDevice, SendOptions } from "@openamp/rpmsg";

import { OpenampError } from "./error.ts";
import { MessageQueue } from "./message_queue.ts";

/** Milliseconds that a receive waits by default. */
const RECEIVE_TIMEOUT = 15_000;
/** Messages that wait for a reader by default. */
const DEPTH = 1024;

/** How a channel is opened. */
export interface ChannelOptions extends WaitOptions {
  /** Our address. Default: the next free from 1024. */
  readonly address?: number;
  /** The firmware's address, for firmware that announces nothing. Default: as announced. */
  readonly destination?: number;
  /** Messages that wait for a reader; what comes beyond is counted and dropped. Default 1024. */
  readonly depth?: number;
  /** Sees each message where it lies, before it is copied: to stamp the time of its arrival. */
  readonly onMessage?: MessageHandler;
}

/**
 * A conversation with one service of the firmware: send bytes, iterate over what comes. An
 * iteration ends when the channel is closed or its processor stopped, and throws when it died.
 *
 * Each message is a copy of its own. For messages without copies use {@linkcode endpoint}'s device.
 */
export interface Channel extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** The service's name. */
  readonly name: string;
  /** The endpoint below. */
  readonly endpoint: Endpoint;
  /** Bytes of the largest message. */
  readonly maxPayload: number;
  /** Messages that came while the queue was full. */
  readonly dropped: number;
  /**
   * Sends a message; waits for a buffer.
   *
   * @param payload 0 to `maxPayload` bytes.
   * @param options How long to wait; default 15000 ms.
   * @throws {OpenampError} `CRASHED`, `STOPPED`.
   * @throws {RpmsgError} What `Endpoint.send` throws.
   */
  send(payload: Uint8Array, options?: SendOptions): Promise<void>;
  /**
   * Sends a message if a buffer is free.
   *
   * @param payload 0 to `maxPayload` bytes.
   * @returns False where no buffer is free now.
   */
  trySend(payload: Uint8Array): boolean;
  /**
   * Takes the next message, or waits for it.
   *
   * @param options How long; default 15000 ms.
   * @returns The message.
   * @throws {OpenampError} `NOT_READY` when time is up, `ABORTED`, `CLOSED`, `CRASHED`, `STOPPED`.
   * @throws {RpmsgError} `BROKEN` where the firmware broke a ring.
   */
  receive(options?: WaitOptions): Promise<Uint8Array>;
  /** Closes the channel; iterations end. */
  close(): void;
}

/** What a channel is made of. */
export interface ChannelParts {
  /** The device that it runs over. */
  readonly device: RpmsgDevice;
  /** The service's name. */
  readonly name: string;
  /** The firmware's address. */
  readonly destination: number;
  /** Measures the timeouts. */
  readonly clock: Clock;
  /** Called once, when the channel ends. */
  readonly onEnd: () => void;
}

/** A channel, with the end that its processor gives it. */
export interface OwnedChannel extends Channel {
  /** Ends it because the processor is gone: readers get the reason after what is queued. */
  fail(reason: OpenampError): void;
}

/**
 * Opens a channel over a device.
 *
 * @param parts The device and the service.
 * @param options Address and depth.
 * @returns The channel.
 */
export function openChannel(parts: ChannelParts, options: ChannelOptions): OwnedChannel {
  const { device, name, destination, clock, onEnd } = parts;
  const queue = new MessageQueue<Uint8Array>(options.depth ?? DEPTH);
  let ended = false;
  let failure: Error | undefined;
  const endpoint = device.createEndpoint({
    name,
    destination,
    ...(options.address === undefined ? {} : { address: options.address }),
    onMessage(message) {
      options.onMessage?.(message);
      const copy = new Uint8Array(message.length);
      message.copyTo(copy);
      queue.push(copy);
    },
  });

  function closed(): OpenampError {
    return new OpenampError("CLOSED", `Receive on channel "${name}": it was closed`);
  }

  async function receive(wait: WaitOptions = {}): Promise<Uint8Array> {
    const { timeout = RECEIVE_TIMEOUT, signal } = wait;
    if (signal?.aborted) throw aborted(name, signal);
    const cleanUps: (() => void)[] = [];
    try {
      const message = await queue.take((giveUp) => {
        const timer = clock.after(timeout, () => giveUp(late(name, timeout)));
        cleanUps.push(() => timer.cancel());
        if (signal === undefined) return;
        const abort = (): void => giveUp(aborted(name, signal));
        signal.addEventListener("abort", abort, { once: true });
        cleanUps.push(() => signal.removeEventListener("abort", abort));
      });
      if (message === undefined) throw closed();
      return message;
    } finally {
      for (const cleanUp of cleanUps) cleanUp();
    }
  }

  function end(reason?: Error): void {
    if (ended) return;
    ended = true;
    failure = reason;
    failing[Symbol.dispose]();
    queue.end(reason);
    endpoint.close();
    onEnd();
  }

  /** Of what fails once the processor is gone, that is the reason. */
  function explain(error: unknown): unknown {
    return failure !== undefined && codeOf(error) === "CLOSED" ? failure : error;
  }

  // A device that the firmware broke brings nothing more: readers are not to wait for it.
  const failing = device.onFailure(end);

  return {
    name,
    endpoint,
    maxPayload: endpoint.maxPayload,
    get dropped() {
      return queue.dropped;
    },
    send: (payload, wait) =>
      endpoint.send(payload, wait).catch((error: unknown) => {
        throw explain(error);
      }),
    trySend(payload) {
      try {
        return endpoint.trySend(payload);
      } catch (error) {
        throw explain(error);
      }
    },
    receive,
    close: () => end(),
    fail: end,
    async *[Symbol.asyncIterator]() {
      try {
        for (let message = await queue.take(); message !== undefined;) {
          yield message;
          message = await queue.take();
        }
      } catch (error) {
        // What was stopped is at its end; what died broke off.
        if (error !== failure || codeOf(error) !== "STOPPED") throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      end();
    },
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function late(name: string, timeout: number): OpenampError {
  return new OpenampError(
    "NOT_READY",
    `Receive on channel "${name}": nothing came within ${timeout} ms`,
  );
}

function aborted(name: string, signal: AbortSignal): OpenampError {
  return new OpenampError("ABORTED", `Receive on channel "${name}": aborted`, {
    cause: signal.reason,
  });
}
