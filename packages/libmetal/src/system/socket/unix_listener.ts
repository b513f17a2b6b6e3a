import { MetalError } from "../../error.ts";
import type { WaitOptions } from "../../time/clock.ts";
import { cString } from "../libc/c_string.ts";
import { pathStatus } from "../libc/file_status.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { pathError } from "../libc/path_error.ts";
import { systemError } from "../libc/system_error.ts";
import { whenReady } from "../poll/when_ready.ts";
import { type OwnedDescriptor, ownDescriptor } from "../descriptor/owned_descriptor.ts";
import { type UnixAddress, unixAddress } from "./unix_address.ts";
import {
  ownUnixSocket,
  SOCKET_FLAGS,
  SOCKET_TYPES,
  type UnixSocket,
  type UnixSocketType,
} from "./unix_socket.ts";

/** Milliseconds that `accept` waits by default. */
const ACCEPT_TIMEOUT = 5000;
/** How many may have connected and not be accepted by default. */
const BACKLOG = 16;

/** What {@linkcode listenUnixSocket} needs. */
export interface UnixListenerOptions {
  /**
   * The path of the socket's file, 107 bytes at the most; or `@` and an abstract name, which is no
   * file, which every user of the network namespace may connect to, and which ends with its socket.
   */
  readonly path: string;
  /** What its connections carry. Default `seqpacket`. */
  readonly type?: UnixSocketType;
  /** Who may connect: the mode of the file. Default 0o600, this user only. */
  readonly mode?: number;
  /** How many may have connected and not be accepted. Default 16. */
  readonly backlog?: number;
  /** Whether to remove the file of a program that has ended. Default false: it is an error. */
  readonly replaceStale?: boolean;
}

/** A Unix socket that others connect to. Closing it removes its file. */
export interface UnixListener extends OwnedDescriptor {
  /** Where others connect. */
  readonly path: string;
  /**
   * Takes the next who has connected.
   *
   * @param options For how long to wait: by default 5 seconds.
   * @returns Its connection, for its owner to close.
   * @throws {MetalError} `TIMEOUT`; `ABORTED`; `CLOSED`; `NO_SPACE` where this process has as many
   *   descriptors open as it may.
   */
  accept(options?: WaitOptions): Promise<UnixSocket>;
}

/**
 * Listens for connections on a Unix socket.
 *
 * @param options Where, for what, and for whom.
 * @returns The listener, for its owner to close.
 * @throws {MetalError} `EXISTS` where a program listens there, or where its file is left of one that
 *   has ended; `NOT_FOUND` where the directory is not there; `PERMISSION` where it does not let this
 *   user in; `INVALID_ARGUMENT` for a path that is too long; `UNSUPPORTED` where the C library cannot
 *   be called.
 *
 * @example
 * ```ts
 * import { connectUnixSocket, listenUnixSocket } from "@openamp/libmetal/system";
 *
 * using listener = await listenUnixSocket({ path: `@openamp-${crypto.randomUUID()}` });
 * using theirs = await connectUnixSocket({ path: listener.path });
 * using ours = await listener.accept();
 * if (ours.peer.uid !== theirs.peer.uid) throw new Error("Both are this process");
 * ```
 */
export async function listenUnixSocket(options: UnixListenerOptions): Promise<UnixListener> {
  const { path, type = "seqpacket", mode = 0o600, backlog = BACKLOG } = options;
  const action = `Listen on the socket "${path}"`;
  const address = unixAddress(action, path);
  const libc = await loadLibc();
  const descriptor = libc.socket(LINUX.AF_UNIX, SOCKET_TYPES[type] | SOCKET_FLAGS, 0);
  if (descriptor === -1) throw systemError(action, libc.errno());
  try {
    // Before it has a name, so that the file never lets anybody else in, not even at first.
    if (libc.fchmod(descriptor, mode) === -1) throw systemError(action, libc.errno());
    bindTo(libc, action, descriptor, address, options);
    if (libc.listen(descriptor, backlog) === -1) throw systemError(action, libc.errno());
  } catch (cause) {
    libc.close(descriptor);
    throw cause;
  }
  const owned = ownDescriptor(libc, descriptor, `socket "${path}"`);
  function close(): void {
    if (owned.closed.aborted) return;
    // While it is still ours: afterwards somebody else could have the name.
    if (address.isFile) libc.unlink(cString(path));
    owned.close();
  }
  return {
    path,
    get descriptor() {
      return owned.descriptor;
    },
    closed: owned.closed,
    release: () => owned.release(),
    close,
    [Symbol.dispose]: close,
    accept: async ({ timeout = ACCEPT_TIMEOUT, signal } = {}) =>
      whenReady(owned, {
        what: `Accept a connection to "${path}"`,
        direction: "read",
        timeout,
        signal,
        attempt: (listening) => acceptOne(libc, path, listening, type),
      }),
  };
}

function bindTo(
  libc: Libc,
  action: string,
  descriptor: number,
  address: UnixAddress,
  { path, type = "seqpacket", replaceStale = false }: UnixListenerOptions,
): void {
  if (libc.bind(descriptor, address.bytes, address.length) !== -1) return;
  if (libc.errno() !== LINUX.EADDRINUSE) throw pathError(libc, action, path);
  if (address.isFile && pathStatus(libc, path)?.type !== "socket") {
    throw new MetalError("EXISTS", `${action}: there is a file that is no socket`);
  }
  if (!isStale(libc, address, type)) {
    throw new MetalError("EXISTS", `${action}: another program listens there`);
  }
  if (!replaceStale) {
    throw new MetalError(
      "EXISTS",
      `${action}: its file is there, and nobody listens: a program has ended without removing it; ` +
        "remove it, or set replaceStale",
    );
  }
  if (libc.unlink(cString(path)) === -1) throw pathError(libc, action, path);
  if (libc.bind(descriptor, address.bytes, address.length) === -1) {
    throw pathError(libc, action, path);
  }
}

/** Whether nobody listens at the file of a socket. */
function isStale(libc: Libc, address: UnixAddress, type: UnixSocketType): boolean {
  const probe = libc.socket(LINUX.AF_UNIX, SOCKET_TYPES[type] | SOCKET_FLAGS, 0);
  if (probe === -1) return false;
  const refused = libc.connect(probe, address.bytes, address.length) === -1;
  const errno = libc.errno();
  libc.close(probe);
  return refused && errno === LINUX.ECONNREFUSED;
}

function acceptOne(
  libc: Libc,
  path: string,
  listening: number,
  type: UnixSocketType,
): UnixSocket | undefined {
  const descriptor = libc.accept4(listening, 0, 0, SOCKET_FLAGS);
  if (descriptor !== -1) return ownUnixSocket(libc, descriptor, type);
  const errno = libc.errno();
  // One that was there has gone again.
  if (errno === LINUX.EAGAIN || errno === LINUX.ECONNABORTED || errno === LINUX.EINTR) {
    return undefined;
  }
  throw systemError(`Accept a connection to "${path}"`, errno);
}
