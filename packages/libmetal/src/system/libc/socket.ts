import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<sys/socket.h>` */
export interface Socket {
  /** Makes a socket. Returns a descriptor. */
  readonly socket: (domain: number, type: number, protocol: number) => number;
  /** Makes two sockets that are connected; `pair` takes their descriptors, two `int`. */
  readonly socketpair: (domain: number, type: number, protocol: number, pair: Uint8Array) => number;
  /** Gives a socket its name; `address` is a `struct sockaddr`. */
  readonly bind: (descriptor: number, address: Uint8Array, length: number) => number;
  /** Lets others connect; so many may wait to be accepted. */
  readonly listen: (descriptor: number, backlog: number) => number;
  /** Takes the next who has connected, and not its name. Returns a descriptor. */
  readonly accept4: (descriptor: number, address: 0, length: 0, flags: number) => number;
  /** Connects to a name. */
  readonly connect: (descriptor: number, address: Uint8Array, length: number) => number;
  /** Sends bytes. Returns how many. */
  readonly send: (descriptor: number, bytes: Uint8Array, length: number, flags: number) => number;
  /** Receives bytes. Returns how many, 0 at the end. */
  readonly recv: (descriptor: number, bytes: Uint8Array, length: number, flags: number) => number;
  /** Sends a `struct msghdr`: bytes, and what goes with them. Returns how many bytes. */
  readonly sendmsg: (descriptor: number, message: Uint8Array, flags: number) => number;
  /** Receives into a `struct msghdr`. Returns how many bytes, 0 at the end. */
  readonly recvmsg: (descriptor: number, message: Uint8Array, flags: number) => number;
  /** Asks for an option; `length` is a `socklen_t`, and is set. */
  readonly getsockopt: (
    descriptor: number,
    level: number,
    option: number,
    value: Uint8Array,
    length: Uint8Array,
  ) => number;
}

/** Binds the functions of `<sys/socket.h>`. */
export function socket(library: ForeignLibrary): Socket {
  return {
    socket: bindLazily(library, "socket", "int", ["int", "int", "int"]),
    socketpair: bindLazily(library, "socketpair", "int", ["int", "int", "int", "bytes"]),
    bind: bindLazily(library, "bind", "int", ["int", "bytes", "int"]),
    listen: bindLazily(library, "listen", "int", ["int", "int"]),
    accept4: bindLazily(library, "accept4", "int", ["int", "long", "long", "int"]),
    connect: bindLazily(library, "connect", "int", ["int", "bytes", "int"]),
    send: bindLazily(library, "send", "long", ["int", "bytes", "long", "int"]),
    recv: bindLazily(library, "recv", "long", ["int", "bytes", "long", "int"]),
    sendmsg: bindLazily(library, "sendmsg", "long", ["int", "bytes", "int"]),
    recvmsg: bindLazily(library, "recvmsg", "long", ["int", "bytes", "int"]),
    getsockopt: bindLazily(library, "getsockopt", "int", ["int", "int", "int", "bytes", "bytes"]),
  };
}

/** Where a message is, and what goes with it, on processors of 64 bits. */
export const MSGHDR = {
  name: "struct msghdr",
  source: "sys/socket.h",
  size: 56,
  fields: {
    msg_name: { offset: 0, size: 8 },
    msg_namelen: { offset: 8, size: 4 },
    msg_iov: { offset: 16, size: 8 },
    msg_iovlen: { offset: 24, size: 8 },
    msg_control: { offset: 32, size: 8 },
    msg_controllen: { offset: 40, size: 8 },
    msg_flags: { offset: 48, size: 4 },
  },
} as const;

/** Where bytes are, on processors of 64 bits. */
export const IOVEC = {
  name: "struct iovec",
  source: "sys/uio.h",
  size: 16,
  fields: { iov_base: { offset: 0, size: 8 }, iov_len: { offset: 8, size: 8 } },
} as const;

/** What stands before the descriptors of a message, on processors of 64 bits. */
export const CMSGHDR = {
  name: "struct cmsghdr",
  source: "sys/socket.h",
  size: 16,
  fields: {
    cmsg_len: { offset: 0, size: 8 },
    cmsg_level: { offset: 8, size: 4 },
    cmsg_type: { offset: 12, size: 4 },
  },
} as const;

/** The name of a Unix socket. */
export const SOCKADDR_UN = {
  name: "struct sockaddr_un",
  source: "sys/un.h",
  size: 110,
  fields: { sun_family: { offset: 0, size: 2 }, sun_path: { offset: 2, size: 108 } },
} as const;

/** Whose the other end of a Unix socket is. */
export const UCRED = {
  name: "struct ucred",
  source: "sys/socket.h",
  size: 12,
  fields: {
    pid: { offset: 0, size: 4 },
    uid: { offset: 4, size: 4 },
    gid: { offset: 8, size: 4 },
  },
} as const;
