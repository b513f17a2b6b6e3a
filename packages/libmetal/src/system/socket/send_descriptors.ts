import { MetalError } from "../../error.ts";
import type { WaitOptions } from "../../time/clock.ts";
import { hostClock } from "../../time/host_clock.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";
import { whenReady } from "../poll/when_ready.ts";
import { isDescriptor } from "../descriptor/is_descriptor.ts";
import { MAXIMUM_DESCRIPTORS, messageToSend } from "./message_header.ts";
import type { UnixSocket } from "./unix_socket.ts";

/** Milliseconds that it waits by default for room in the socket. */
const SEND_TIMEOUT = 5000;
/** The most bytes that go with descriptors. */
export const MAXIMUM_BYTES = 65_536;

/**
 * Sends descriptors over a Unix socket (`SCM_RIGHTS`): the peer gets others of its own for the same
 * open files. The sender keeps its own, and may close them once this has resolved.
 *
 * @param socket The socket.
 * @param descriptors Which: 1 to 253.
 * @param bytes What goes with them: 1 to 65,536 bytes, on a `seqpacket` socket one message. Default: a
 *   zero.
 * @param options For how long to wait for room: by default 5 seconds. On a `stream` socket, a part may
 *   have been sent by then.
 * @throws {MetalError} `INVALID_ARGUMENT` for a number that is no open descriptor, too many of them, or
 *   too many bytes; `CLOSED` where either end is closed; `NO_SPACE` where too many descriptors are on
 *   their way; `TIMEOUT`; `ABORTED`.
 *
 * @example
 * ```ts
 * import {
 *   adoptEventfd,
 *   openEventfd,
 *   receiveDescriptors,
 *   sendDescriptors,
 *   unixSocketPair,
 * } from "@openamp/libmetal/system";
 *
 * const [ours, theirs] = await unixSocketPair();
 * using _ours = ours;
 * using _theirs = theirs;
 * using counter = await openEventfd();
 * await sendDescriptors(ours, [counter.descriptor]);
 * using received = await receiveDescriptors(theirs, { maximum: 1 });
 * using same = await adoptEventfd(received.take(0));
 * same.add(5);
 * if (counter.take() !== 5) throw new Error("Both are the same counter");
 * ```
 */
export async function sendDescriptors(
  socket: UnixSocket,
  descriptors: readonly number[],
  bytes: Uint8Array = Uint8Array.of(0),
  options: WaitOptions = {},
): Promise<void> {
  const action = `Send ${descriptors.length} descriptors and ${bytes.length} bytes`;
  check(action, descriptors, bytes);
  const libc = await loadLibc();
  const { timeout = SEND_TIMEOUT, signal } = options;
  const end = hostClock.now() + timeout;
  // On a stream the first part takes the descriptors with it; the rest is bytes alone.
  for (let sent = 0; sent < bytes.length;) {
    const part = bytes.subarray(sent);
    const header = messageToSend(libc, part, sent === 0 ? descriptors : []);
    sent += await whenReady(socket, {
      what: action,
      direction: "write",
      // One limit for all parts: a peer that takes a few bytes now and then would have no end.
      timeout: sent === 0 ? timeout : Math.max(0, Math.ceil(end - hostClock.now())),
      signal,
      attempt: (descriptor) => send(libc, action, descriptor, header),
    });
  }
}

function check(action: string, descriptors: readonly number[], bytes: Uint8Array): void {
  if (descriptors.length === 0 || descriptors.length > MAXIMUM_DESCRIPTORS) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: a message has 1 to ${MAXIMUM_DESCRIPTORS} descriptors`,
    );
  }
  if (bytes.length === 0 || bytes.length > MAXIMUM_BYTES) {
    throw new MetalError("INVALID_ARGUMENT", `${action}: 1 to ${MAXIMUM_BYTES} bytes go with them`);
  }
  const wrong = descriptors.find((each) => !isDescriptor(each));
  if (wrong !== undefined) {
    throw new MetalError("INVALID_ARGUMENT", `${action}: ${wrong} is no descriptor`);
  }
}

/** Returns how many bytes were sent, or undefined where there is no room. */
function send(
  libc: Libc,
  action: string,
  descriptor: number,
  header: Uint8Array,
): number | undefined {
  const flags = LINUX.MSG_DONTWAIT | LINUX.MSG_NOSIGNAL;
  const sent = libc.sendmsg(descriptor, header, flags);
  if (sent !== -1) return sent;
  const errno = libc.errno();
  switch (errno) {
    case LINUX.EAGAIN:
    case LINUX.EINTR:
      return undefined;
    case LINUX.EPIPE:
    case LINUX.ECONNRESET:
      throw new MetalError("CLOSED", `${action}: the other end is closed`);
    case LINUX.EBADF:
      throw new MetalError("INVALID_ARGUMENT", `${action}: one of them is not open`);
    case LINUX.EMSGSIZE:
      throw new MetalError("INVALID_ARGUMENT", `${action}: the socket takes no message so large`);
    case LINUX.ETOOMANYREFS:
      throw new MetalError(
        "NO_SPACE",
        `${action}: as many as this process may open are on their way and not received`,
      );
    default:
      throw systemError(action, errno);
  }
}
