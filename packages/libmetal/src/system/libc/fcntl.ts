import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<fcntl.h>` */
export interface Fcntl {
  /** Opens a file; `path` ends with a zero byte. Returns a descriptor. */
  readonly open: (path: Uint8Array, flags: number, mode: number) => number;
  /** Reserves the blocks of a range. Returns 0 or the error number, not by `errno`. */
  readonly posixFallocate: (descriptor: number, offset: number, length: number) => number;
  /** Reserves the blocks of a range, or says that this file system cannot. */
  readonly fallocate: (descriptor: number, mode: number, offset: number, length: number) => number;
  /** Changes a descriptor. */
  readonly fcntl: (descriptor: number, command: number, argument: number) => number;
}

/** Binds the functions of `<fcntl.h>`. */
export function fcntl(library: ForeignLibrary): Fcntl {
  return {
    open: bindLazily(library, "open", "int", ["bytes", "int", "int"]),
    posixFallocate: bindLazily(library, "posix_fallocate", "int", ["int", "long", "long"]),
    fallocate: bindLazily(library, "fallocate", "int", ["int", "int", "long", "long"]),
    fcntl: bindLazily(library, "fcntl", "int", ["int", "int", "int"]),
  };
}
