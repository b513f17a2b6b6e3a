import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<unistd.h>` */
export interface Unistd {
  /** Closes a descriptor. */
  readonly close: (descriptor: number) => number;
  /** Removes a file; `path` ends with a zero byte. */
  readonly unlink: (path: Uint8Array) => number;
  /** Moves the offset of a file. Returns the new one. */
  readonly lseek: (descriptor: number, offset: number, whence: number) => number;
  /** Sets the size of a file. */
  readonly ftruncate: (descriptor: number, length: number) => number;
  /** Reads bytes. Returns how many. */
  readonly read: (descriptor: number, buffer: Uint8Array, count: number) => number;
  /** The number of the calling thread. */
  readonly gettid: () => number;
  /** A limit or a size of the system, such as that of a page. */
  readonly sysconf: (name: number) => number;
}

/** Binds the functions of `<unistd.h>`. */
export function unistd(library: ForeignLibrary): Unistd {
  return {
    close: bindLazily(library, "close", "int", ["int"]),
    unlink: bindLazily(library, "unlink", "int", ["bytes"]),
    lseek: bindLazily(library, "lseek", "long", ["int", "long", "int"]),
    ftruncate: bindLazily(library, "ftruncate", "int", ["int", "long"]),
    read: bindLazily(library, "read", "long", ["int", "bytes", "long"]),
    gettid: bindLazily(library, "gettid", "int", []),
    sysconf: bindLazily(library, "sysconf", "long", ["int"]),
  };
}
