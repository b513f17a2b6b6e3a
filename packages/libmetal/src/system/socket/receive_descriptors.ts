import { MetalError } from "../../error.ts";
import type { WaitOptions } from "../../time/clock.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";
import { whenReady } from "../poll/when_ready.ts";
import { MAXIMUM_DESCRIPTORS, messageToReceive } from "./message_header.ts";
import { type OwnedDescriptor, ownDescriptor } from "../descriptor/owned_descriptor.ts";
import { MAXIMUM_BYTES } from "./send_descriptors.ts";
import type { UnixSocket } from "./unix_socket.ts";

/** Milliseconds that it waits by default. */
const RECEIVE_TIMEOUT = 5000;
/** How many are taken by default. */
const MAXIMUM = 16;
const MOST_BYTES = 4096;

/** What {@linkcode receiveDescriptors} takes. */
export interface ReceiveDescriptorsOptions extends WaitOptions {
  /** The most descriptors that are taken, 0 to 253. Default 16. */
  readonly maximum?: number;
  /** The fewest that must come. Default 1, or 0 where `maximum` is 0. */
  readonly minimum?: number;
  /** The most bytes that are taken, 1 to 65,536. Default 4096. */
  readonly maximumBytes?: number;
}

/** What has come over a socket. Disposing of it closes what was not taken. */
export interface ReceivedDescriptors extends Disposable {
  /** The bytes that came with them. On a `stream` socket there may be more to receive. */
  readonly bytes: Uint8Array;
  /** The descriptors, in the order in which they were sent. They are the peer's choice: see what they are. */
  readonly descriptors: readonly OwnedDescriptor[];
  /**
   * Takes one of them out, for `adoptEventfd` and the like.
   *
   * @param index Which, from 0.
   * @returns Its number, which the caller closes.
   * @throws {MetalError} `OUT_OF_RANGE` where so many have not come; `CLOSED` where it was taken.
   */
  take(index: number): number;
}

/**
 * Receives descriptors over a Unix socket, with the bytes that came with them. Programs that are
 * started do not inherit them.
 *
 * A peer chooses what it sends. Whatever came is closed where this fails; `adoptEventfd`,
 * `adoptUnixSocket` and `mapSharedFile` refuse descriptors of another kind.
 *
 * @param socket The socket.
 * @param options How many of what, and for how long to wait: by default 5 seconds.
 * @returns What has come.
 * @throws {MetalError} `OUT_OF_RANGE` where more descriptors or a longer message came, or more than
 *   this process may open; `NOT_FOUND` where fewer than `minimum` came; `CLOSED` where either end is
 *   closed; `TIMEOUT`; `ABORTED`; `INVALID_ARGUMENT`.
 *
 * @example
 * ```ts
 * import { receiveDescriptors, unixSocketPair } from "@openamp/libmetal/system";
 *
 * const [ours, silent] = await unixSocketPair();
 * using _ours = ours;
 * using _silent = silent;
 * const failure = await receiveDescriptors(ours, { timeout: 10 }).catch((error) => error);
 * if (failure.code !== "TIMEOUT") throw new Error("The peer has sent nothing");
 * ```
 */
export async function receiveDescriptors(
  socket: UnixSocket,
  options: ReceiveDescriptorsOptions = {},
): Promise<ReceivedDescriptors> {
  const { maximum = MAXIMUM, maximumBytes = MOST_BYTES } = options;
  const { minimum = Math.min(maximum, 1), timeout = RECEIVE_TIMEOUT, signal } = options;
  const action = `Receive ${minimum} to ${maximum} descriptors`;
  checkRange(action, "descriptors", maximum, 0, MAXIMUM_DESCRIPTORS);
  checkRange(action, "descriptors", minimum, 0, maximum);
  checkRange(action, "bytes", maximumBytes, 1, MAXIMUM_BYTES);
  const libc = await loadLibc();
  return whenReady(socket, {
    what: action,
    direction: "read",
    timeout,
    signal,
    attempt: (descriptor) => receive(libc, action, descriptor, { minimum, maximum, maximumBytes }),
  });
}

/** What may come. */
interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
  readonly maximumBytes: number;
}

function checkRange(
  action: string,
  what: string,
  value: number,
  least: number,
  most: number,
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `${action}: ${value} ${what} are not within ${least} to ${most}`,
  );
}

/** Returns undefined where nothing is there yet. */
function receive(
  libc: Libc,
  action: string,
  descriptor: number,
  { minimum, maximum, maximumBytes }: Bounds,
): ReceivedDescriptors | undefined {
  const message = messageToReceive(libc, maximumBytes, maximum);
  const flags = LINUX.MSG_DONTWAIT | LINUX.MSG_CMSG_CLOEXEC;
  const length = libc.recvmsg(descriptor, message.header, flags);
  if (length === -1) {
    const errno = libc.errno();
    if (errno === LINUX.EAGAIN || errno === LINUX.EINTR) return undefined;
    if (errno === LINUX.ECONNRESET) throw closedError(action);
    throw systemError(action, errno);
  }
  const descriptors = message
    .descriptors()
    .map((each) => ownDescriptor(libc, each, "received descriptor"));
  for (const each of message.unwanted()) libc.close(each);
  const refusal = refuse();
  if (refusal === undefined) return received(message.bytes.slice(0, length), descriptors);
  closeAll(descriptors);
  throw refusal;

  function refuse(): MetalError | undefined {
    if ((message.flags() & LINUX.MSG_CTRUNC) !== 0) {
      return new MetalError(
        "OUT_OF_RANGE",
        `${action}: more came, or more than this process may open; all of them were closed`,
      );
    }
    if ((message.flags() & LINUX.MSG_TRUNC) !== 0) {
      return new MetalError("OUT_OF_RANGE", `${action}: more than ${maximumBytes} bytes came`);
    }
    // Also a message of no bytes, which the sender here never makes.
    if (length === 0) return closedError(action);
    return descriptors.length < minimum
      ? new MetalError("NOT_FOUND", `${action}: ${descriptors.length} came, with ${length} bytes`)
      : undefined;
  }
}

function received(bytes: Uint8Array, descriptors: readonly OwnedDescriptor[]): ReceivedDescriptors {
  return {
    bytes,
    descriptors,
    take(index) {
      const taken = descriptors[index];
      if (taken !== undefined) return taken.release();
      throw new MetalError(
        "OUT_OF_RANGE",
        `Take received descriptor ${index}: ${descriptors.length} have come`,
      );
    },
    [Symbol.dispose]: () => closeAll(descriptors),
  };
}

function closeAll(descriptors: readonly OwnedDescriptor[]): void {
  for (const each of descriptors) each.close();
}

function closedError(action: string): MetalError {
  return new MetalError("CLOSED", `${action}: the other end is closed`);
}
