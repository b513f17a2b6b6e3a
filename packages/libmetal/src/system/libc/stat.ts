import { bindLazily, type ForeignLibrary } from "../ffi/foreign.ts";

/** `<sys/stat.h>` and `<sys/vfs.h>`: what a file and its file system are. */
export interface Stat {
  /** Looks at a file; `path` ends with a zero byte, and `result` has `struct statx`. */
  readonly statx: (
    directory: number,
    path: Uint8Array,
    flags: number,
    mask: number,
    result: Uint8Array,
  ) => number;
  /** Looks at the file system of an open file; `result` has `struct statfs`. */
  readonly fstatfs: (descriptor: number, result: Uint8Array) => number;
  /** Sets who may read and write an open file. */
  readonly fchmod: (descriptor: number, mode: number) => number;
}

/** Binds the functions of `<sys/stat.h>` and `<sys/vfs.h>`. */
export function stat(library: ForeignLibrary): Stat {
  return {
    statx: bindLazily(library, "statx", "int", ["int", "bytes", "int", "int", "bytes"]),
    fstatfs: bindLazily(library, "fstatfs", "int", ["int", "bytes"]),
    fchmod: bindLazily(library, "fchmod", "int", ["int", "int"]),
  };
}

/**
 * What `statx` tells. It is used instead of `stat`, whose structure differs from processor to
 * processor.
 */
export const STATX = {
  name: "struct statx",
  source: "sys/stat.h",
  size: 256,
  fields: {
    stx_uid: { offset: 20, size: 4 },
    stx_gid: { offset: 24, size: 4 },
    stx_mode: { offset: 28, size: 2 },
    stx_size: { offset: 40, size: 8 },
    stx_blocks: { offset: 48, size: 8 },
  },
} as const;

/** The start of what `fstatfs` tells, on processors of 64 bits. */
export const STATFS = {
  name: "struct statfs",
  source: "sys/vfs.h",
  size: 120,
  fields: {
    f_type: { offset: 0, size: 8 },
    f_bsize: { offset: 8, size: 8 },
    f_blocks: { offset: 16, size: 8 },
  },
} as const;
