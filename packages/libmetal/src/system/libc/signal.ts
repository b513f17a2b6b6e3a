import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<signal.h>` */
export interface Signal {
  /** Sends a signal to a process; 0 only looks whether there is one, by the number of any thread. */
  readonly kill: (process: number, signal: number) => number;
}

/** Binds the functions of `<signal.h>`. */
export function signal(library: ForeignLibrary): Signal {
  return {
    kill: bindLazily(library, "kill", "int", ["int", "int"]),
  };
}
