import { arch } from "node:process";
import type { StructField, StructLayout } from "../../wire/struct_layout.ts";
import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<sys/epoll.h>` */
export interface Epoll {
  /** Makes a set of watched descriptors. Returns a descriptor. */
  readonly epollCreate1: (flags: number) => number;
  /** Adds to the set, changes or removes; `event` is a `struct epoll_event`. */
  readonly epollCtl: (
    set: number,
    operation: number,
    descriptor: number,
    event: Uint8Array,
  ) => number;
  /** Sleeps until something has happened; `events` are `maximum` times `struct epoll_event`. */
  readonly epollWait: (
    set: number,
    events: Uint8Array,
    maximum: number,
    milliseconds: number,
  ) => number;
}

/** Binds the functions of `<sys/epoll.h>`. */
export function epoll(library: ForeignLibrary): Epoll {
  return {
    epollCreate1: bindLazily(library, "epoll_create1", "int", ["int"]),
    epollCtl: bindLazily(library, "epoll_ctl", "int", ["int", "int", "int", "bytes"]),
    epollWait: bindLazily(library, "epoll_wait", "int", ["int", "bytes", "int", "int"]),
  };
}

/**
 * What epoll tells: 32 bits of events, and 64 of the caller's own. On x86-64, and there only, the
 * second follow the first without a gap (`EPOLL_PACKED`).
 */
export const EPOLL_EVENT: StructLayout & {
  readonly fields: { readonly events: StructField; readonly data: StructField };
} = {
  name: "struct epoll_event",
  source: "sys/epoll.h",
  size: arch === "x64" ? 12 : 16,
  fields: {
    events: { offset: 0, size: 4 },
    data: { offset: arch === "x64" ? 4 : 8, size: 8 },
  },
};
