import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<sys/ioctl.h>` */
export interface Ioctl {
  /** Gives a device an order whose argument is a number, or none: 0. */
  readonly ioctl: (descriptor: number, request: number, value: number) => number;
  /** Gives a device an order whose argument is a structure, which it may write to. */
  readonly ioctlWith: (descriptor: number, request: number, structure: Uint8Array) => number;
}

/** Binds the function of `<sys/ioctl.h>`, once for each kind of its last argument. */
export function ioctl(library: ForeignLibrary): Ioctl {
  return {
    ioctl: bindLazily(library, "ioctl", "int", ["int", "long", "long"]),
    ioctlWith: bindLazily(library, "ioctl", "int", ["int", "long", "bytes"]),
  };
}
