import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<sys/eventfd.h>` */
export interface Eventfd {
  /** Makes a counter that is a descriptor. */
  readonly eventfd: (initial: number, flags: number) => number;
}

/** Binds the function of `<sys/eventfd.h>`. */
export function eventfd(library: ForeignLibrary): Eventfd {
  return { eventfd: bindLazily(library, "eventfd", "int", ["int", "int"]) };
}
