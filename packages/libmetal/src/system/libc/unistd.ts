import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<unistd.h>` */
export interface Unistd {
  /** Closes a descriptor. */
  readonly close: (descriptor: number) => number;
  /** Makes a pipe; `pair` takes the descriptors of its ends, two `int`: read, then write. */
  readonly pipe2: (pair: Uint8Array, flags: number) => number;
  /** Reads bytes. Returns how many, 0 at the end. */
  readonly read: (descriptor: number, bytes: Uint8Array, length: number) => number;
  /** Writes bytes. Returns how many. */
  readonly write: (descriptor: number, bytes: Uint8Array, length: number) => number;
  /** Removes a file; `path` ends with a zero byte. */
  readonly unlink: (path: Uint8Array) => number;
  /** Reads where a symbolic link leads, without a zero byte at the end. Returns how many bytes. */
  readonly readlink: (path: Uint8Array, target: Uint8Array, length: number) => number;
  /** Sets the size of a file. */
  readonly ftruncate: (descriptor: number, length: number) => number;
  /** The number of the calling thread. */
  readonly gettid: () => number;
  /** Gives an open file a name in a directory, where nothing has that name. */
  readonly linkat: (
    fromDirectory: number,
    from: Uint8Array,
    toDirectory: number,
    to: Uint8Array,
    flags: number,
  ) => number;
  /** Reads at an offset. Returns how many bytes. */
  readonly pread: (
    descriptor: number,
    target: Uint8Array,
    length: number,
    offset: number,
  ) => number;
  /** Writes at an offset. Returns how many bytes. */
  readonly pwrite: (
    descriptor: number,
    bytes: Uint8Array,
    length: number,
    offset: number,
  ) => number;
  /** The user whose rights this process has. */
  readonly geteuid: () => number;
  /** A limit or a size of the system, such as that of a page. */
  readonly sysconf: (name: number) => number;
}

/** Binds the functions of `<unistd.h>`. */
export function unistd(library: ForeignLibrary): Unistd {
  return {
    close: bindLazily(library, "close", "int", ["int"]),
    pipe2: bindLazily(library, "pipe2", "int", ["bytes", "int"]),
    read: bindLazily(library, "read", "long", ["int", "bytes", "long"]),
    write: bindLazily(library, "write", "long", ["int", "bytes", "long"]),
    unlink: bindLazily(library, "unlink", "int", ["bytes"]),
    readlink: bindLazily(library, "readlink", "long", ["bytes", "bytes", "long"]),
    ftruncate: bindLazily(library, "ftruncate", "int", ["int", "long"]),
    gettid: bindLazily(library, "gettid", "int", []),
    linkat: bindLazily(library, "linkat", "int", ["int", "bytes", "int", "bytes", "int"]),
    pread: bindLazily(library, "pread", "long", ["int", "bytes", "long", "long"]),
    pwrite: bindLazily(library, "pwrite", "long", ["int", "bytes", "long", "long"]),
    geteuid: bindLazily(library, "geteuid", "int", []),
    sysconf: bindLazily(library, "sysconf", "long", ["int"]),
  };
}
