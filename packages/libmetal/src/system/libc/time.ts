import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<time.h>` */
export interface Time {
  /** Reads a clock into a `struct timespec`: two numbers of 64 bits, seconds and nanoseconds. */
  readonly clockGettime: (clock: number, time: Uint8Array) => number;
}

/** Binds the functions of `<time.h>`. */
export function time(library: ForeignLibrary): Time {
  return {
    clockGettime: bindLazily(library, "clock_gettime", "int", ["int", "bytes"]),
  };
}
