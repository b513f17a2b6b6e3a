import { MetalError } from "../../error.ts";
import type { WaitOptions } from "../../time/clock.ts";
import { hostClock } from "../../time/host_clock.ts";
import { waitQueue } from "../../time/wait_queue.ts";
import { callAgain } from "../libc/call_again.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { pathError } from "../libc/path_error.ts";
import { systemError } from "../libc/system_error.ts";
import { type UnixAddress, unixAddress } from "./unix_address.ts";
import {
  ownUnixSocket,
  SOCKET_FLAGS,
  SOCKET_TYPES,
  type UnixSocket,
  type UnixSocketType,
} from "./unix_socket.ts";

/** Milliseconds that it waits by default for a listener whose queue is full. */
const CONNECT_TIMEOUT = 5000;

/** What {@linkcode connectUnixSocket} needs. */
export interface UnixConnectOptions extends WaitOptions {
  /** The path of the listener's file, or `@` and its abstract name. */
  readonly path: string;
  /** What the connection carries: what the listener has. Default `seqpacket`. */
  readonly type?: UnixSocketType;
}

/**
 * Connects to a Unix socket that listens.
 *
 * @param options Where, for what, and how long to wait for a listener that has too many who wait:
 *   by default 5 seconds. Where nobody listens it fails at once.
 * @returns The connection, for its owner to close.
 * @throws {MetalError} `NOT_FOUND` where there is no such socket, or nobody listens there any more;
 *   `PERMISSION` where it does not let this user in; `INVALID_ARGUMENT` for a path that is too long,
 *   or a listener of another type; `TIMEOUT`; `ABORTED`; `UNSUPPORTED` where the C library cannot be
 *   called.
 *
 * @example
 * ```ts
 * import { connectUnixSocket } from "@openamp/libmetal/system";
 *
 * const failure = await connectUnixSocket({ path: "@openamp-nobody" }).catch((error) => error);
 * if (failure.code !== "NOT_FOUND") throw new Error("Nobody listens there");
 * ```
 */
export async function connectUnixSocket(options: UnixConnectOptions): Promise<UnixSocket> {
  const { path, type = "seqpacket", timeout = CONNECT_TIMEOUT, signal } = options;
  const action = `Connect to the socket "${path}"`;
  const address = unixAddress(action, path);
  const libc = await loadLibc();
  const descriptor = libc.socket(LINUX.AF_UNIX, SOCKET_TYPES[type] | SOCKET_FLAGS, 0);
  if (descriptor === -1) throw systemError(action, libc.errno());
  // A connect that would block cannot be waited for by poll(2): it is tried again.
  const queue = waitQueue({
    clock: hostClock,
    error: (failure, what, cause) =>
      failure === "ABORTED"
        ? new MetalError(failure, `${what}: aborted`, { cause })
        : new MetalError(failure, `${what}: nobody accepted it within ${timeout} ms`),
  });
  try {
    const look = (): boolean =>
      callAgain(() => tryConnect(libc, action, descriptor, address, options));
    await queue.wait({ look, what: action, timeout, signal });
  } catch (cause) {
    libc.close(descriptor);
    throw cause;
  }
  return ownUnixSocket(libc, descriptor, type);
}

function tryConnect(
  libc: Libc,
  action: string,
  descriptor: number,
  address: UnixAddress,
  { path, type = "seqpacket" }: UnixConnectOptions,
): boolean {
  if (libc.connect(descriptor, address.bytes, address.length) !== -1) return true;
  const errno = libc.errno();
  switch (errno) {
    case LINUX.EAGAIN:
    case LINUX.EINTR:
      return false;
    case LINUX.ECONNREFUSED:
      throw new MetalError(
        "NOT_FOUND",
        `${action}: nobody listens there${address.isFile ? "; its file is left of a program that has ended" : ""}`,
      );
    case LINUX.EPROTOTYPE:
      throw new MetalError("INVALID_ARGUMENT", `${action}: it is no ${type} socket`);
    default:
      throw pathError(libc, action, path);
  }
}
