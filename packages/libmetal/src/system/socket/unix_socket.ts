import { MetalError } from "../../error.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { UCRED } from "../libc/socket.ts";
import { systemError } from "../libc/system_error.ts";
import { isDescriptor } from "../descriptor/is_descriptor.ts";
import { type OwnedDescriptor, ownDescriptor } from "../descriptor/owned_descriptor.ts";

/**
 * What a Unix socket carries, unix(7).
 *
 * - `seqpacket`: messages, each of which is received whole or cut.
 * - `stream`: bytes.
 */
export type UnixSocketType = "seqpacket" | "stream";

/** The process at the other end, as the kernel knows it: when it connected, listened, or made both. */
export interface PeerCredentials {
  /** Its process id, 0 where it is of another namespace. By now the process may be another. */
  readonly pid: number;
  /** Its user id. */
  readonly uid: number;
  /** Its group id. */
  readonly gid: number;
}

/** One end of a connected Unix socket. It never blocks, and programs that are started do not inherit it. */
export interface UnixSocket extends OwnedDescriptor {
  /** What it carries. */
  readonly type: UnixSocketType;
  /** Who is at the other end. */
  readonly peer: PeerCredentials;
}

/** How a type is called in C. */
export const SOCKET_TYPES: Readonly<Record<UnixSocketType, number>> = {
  seqpacket: LINUX.SOCK_SEQPACKET,
  stream: LINUX.SOCK_STREAM,
};

/** What each socket of ours has. */
export const SOCKET_FLAGS: number = LINUX.SOCK_NONBLOCK | LINUX.SOCK_CLOEXEC;

/**
 * Makes two Unix sockets that are connected with each other, socketpair(2): one for this program, and
 * one to be given away, to a Worker by its number or to a process by {@linkcode sendDescriptors}.
 *
 * @param type What they carry. Default `seqpacket`.
 * @returns Both, for their owner to close.
 * @throws {MetalError} `UNSUPPORTED` where the C library cannot be called; `NO_SPACE` where this
 *   process has as many descriptors open as it may.
 *
 * @example
 * ```ts
 * import { receiveDescriptors, sendDescriptors, unixSocketPair } from "@openamp/libmetal/system";
 *
 * const [ours, theirs] = await unixSocketPair();
 * using _ours = ours;
 * using _theirs = theirs;
 * await sendDescriptors(ours, [ours.descriptor], Uint8Array.of(7));
 * using received = await receiveDescriptors(theirs);
 * if (received.bytes[0] !== 7 || received.descriptors.length !== 1) throw new Error("Both came");
 * ```
 */
export async function unixSocketPair(
  type: UnixSocketType = "seqpacket",
): Promise<readonly [UnixSocket, UnixSocket]> {
  const action = `Make a pair of ${type} sockets`;
  const libc = await loadLibc();
  const pair = new Int32Array(2);
  const bytes = new Uint8Array(pair.buffer);
  if (libc.socketpair(LINUX.AF_UNIX, SOCKET_TYPES[type] | SOCKET_FLAGS, 0, bytes) === -1) {
    throw systemError(action, libc.errno());
  }
  const [first = -1, second = -1] = pair;
  return [ownUnixSocket(libc, first, type), ownUnixSocket(libc, second, type)];
}

/**
 * Takes over a connected Unix socket that was made elsewhere: inherited, made by another thread of
 * this process, or sent by a peer. It does not block from here on.
 *
 * @param descriptor Its number.
 * @returns The socket, for its owner to close.
 * @throws {MetalError} `INVALID_ARGUMENT` where it is anything else, which is left open; `CLOSED`
 *   where it is not open; `UNSUPPORTED` where the C library cannot be called.
 *
 * @example
 * ```ts
 * import { adoptUnixSocket, unixSocketPair } from "@openamp/libmetal/system";
 *
 * const [ours, theirs] = await unixSocketPair("stream");
 * using _ours = ours;
 * using adopted = await adoptUnixSocket(theirs.release());
 * if (adopted.type !== "stream") throw new Error("It is the same socket");
 * ```
 */
export async function adoptUnixSocket(descriptor: number): Promise<UnixSocket> {
  const action = `Take descriptor ${descriptor} as a Unix socket`;
  if (!isDescriptor(descriptor)) {
    throw new MetalError("INVALID_ARGUMENT", `${action}: that is no descriptor`);
  }
  const libc = await loadLibc();
  const domain = socketOption(libc, action, descriptor, LINUX.SO_DOMAIN);
  const kind = socketOption(libc, action, descriptor, LINUX.SO_TYPE);
  const type =
    kind === LINUX.SOCK_SEQPACKET ? "seqpacket" : kind === LINUX.SOCK_STREAM ? "stream" : undefined;
  if (domain !== LINUX.AF_UNIX || type === undefined) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: it is a socket of family ${domain} and type ${kind}`,
    );
  }
  const flags = libc.fcntl(descriptor, LINUX.F_GETFL, 0);
  if (libc.fcntl(descriptor, LINUX.F_SETFL, flags | LINUX.O_NONBLOCK) === -1) {
    throw systemError(action, libc.errno());
  }
  if (libc.fcntl(descriptor, LINUX.F_SETFD, LINUX.FD_CLOEXEC) === -1) {
    throw systemError(action, libc.errno());
  }
  return ownUnixSocket(libc, descriptor, type);
}

/**
 * Takes over a connected Unix socket of ours.
 *
 * @param libc The C library.
 * @param descriptor Its number.
 * @param type What it carries.
 * @returns The socket.
 */
export function ownUnixSocket(libc: Libc, descriptor: number, type: UnixSocketType): UnixSocket {
  const owned = ownDescriptor(libc, descriptor, "Unix socket");
  return {
    type,
    get descriptor() {
      return owned.descriptor;
    },
    get peer() {
      return peerOf(libc, owned.descriptor);
    },
    closed: owned.closed,
    release: () => owned.release(),
    close: () => owned.close(),
    [Symbol.dispose]: () => owned.close(),
  };
}

function peerOf(libc: Libc, descriptor: number): PeerCredentials {
  const action = "Ask for the peer of a Unix socket";
  const value = option(libc, action, descriptor, LINUX.SO_PEERCRED, UCRED.size);
  const { pid, uid, gid } = UCRED.fields;
  return {
    pid: value.getInt32(pid.offset, true),
    uid: value.getUint32(uid.offset, true),
    gid: value.getUint32(gid.offset, true),
  };
}

function socketOption(libc: Libc, action: string, descriptor: number, name: number): number {
  return option(libc, action, descriptor, name, 4).getInt32(0, true);
}

function option(
  libc: Libc,
  action: string,
  descriptor: number,
  name: number,
  size: number,
): DataView {
  const value = new Uint8Array(size);
  const length = new Uint8Array(Int32Array.of(size).buffer);
  if (libc.getsockopt(descriptor, LINUX.SOL_SOCKET, name, value, length) === -1) {
    const errno = libc.errno();
    if (errno === LINUX.EBADF) throw new MetalError("CLOSED", `${action}: it is not open`);
    if (errno === LINUX.ENOTSOCK) {
      throw new MetalError("INVALID_ARGUMENT", `${action}: it is no socket`);
    }
    throw systemError(action, errno);
  }
  return new DataView(value.buffer);
}
