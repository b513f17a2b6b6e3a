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
