import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<sys/mman.h>` */
export interface Mman {
  /** Makes a file that is in memory only. Returns a descriptor. */
  readonly memfdCreate: (name: Uint8Array, flags: number) => number;
  /** Maps bytes. Returns their address, or -1 (`MAP_FAILED`). */
  readonly mmap: (
    address: number,
    length: number,
    protection: number,
    flags: number,
    descriptor: number,
    offset: number,
  ) => number;
  /** Ends a mapping. */
  readonly munmap: (address: number, length: number) => number;
  /** Says what is done with a range. */
  readonly madvise: (address: number, length: number, advice: number) => number;
  /** Keeps the pages of a range where they are, and in memory. */
  readonly mlock: (address: number, length: number) => number;
}

/** Binds the functions of `<sys/mman.h>`. */
export function mman(library: ForeignLibrary): Mman {
  return {
    memfdCreate: bindLazily(library, "memfd_create", "int", ["bytes", "int"]),
    mmap: bindLazily(library, "mmap", "long", ["long", "long", "int", "int", "int", "long"]),
    munmap: bindLazily(library, "munmap", "int", ["long", "long"]),
    madvise: bindLazily(library, "madvise", "int", ["long", "long", "int"]),
    mlock: bindLazily(library, "mlock", "int", ["long", "long"]),
  };
}
