import { platform, versions } from "node:process";
import { MetalError } from "../error.ts";
import type { ForeignLibrary } from "./ffi/foreign.ts";

/**
 * The functions of the C library that shared memory needs, by their names and as its manual has
 * them: those that fail return -1 and leave the reason in {@linkcode Libc.errno}.
 */
export interface Libc {
  /** `<fcntl.h>` Opens a file; `path` ends with a zero byte. Returns a descriptor. */
  readonly open: (path: Uint8Array, flags: number, mode: number) => number;
  /** `<unistd.h>` Closes a descriptor. */
  readonly close: (descriptor: number) => number;
  /** `<unistd.h>` Removes a file. */
  readonly unlink: (path: Uint8Array) => number;
  /** `<unistd.h>` Moves the offset of a file. Returns the new one. */
  readonly lseek: (descriptor: number, offset: number, whence: number) => number;
  /** `<unistd.h>` Sets the size of a file. */
  readonly ftruncate: (descriptor: number, length: number) => number;
  /** `<fcntl.h>` Reserves the blocks of a range. Returns 0 or the error number, not by `errno`. */
  readonly posixFallocate: (descriptor: number, offset: number, length: number) => number;
  /** `<fcntl.h>` Changes a descriptor. */
  readonly fcntl: (descriptor: number, command: number, argument: number) => number;
  /** `<sys/mman.h>` Makes a file that is in memory only. Returns a descriptor. */
  readonly memfdCreate: (name: Uint8Array, flags: number) => number;
  /** `<sys/mman.h>` Maps bytes. Returns their address, or -1 (`MAP_FAILED`). */
  readonly mmap: (
    address: number,
    length: number,
    protection: number,
    flags: number,
    descriptor: number,
    offset: number,
  ) => number;
  /** `<sys/mman.h>` Ends a mapping. */
  readonly munmap: (address: number, length: number) => number;
  /** `<errno.h>` The reason of the failure before. */
  readonly errno: () => number;
  /** A buffer over mapped bytes, which it neither owns nor frees. */
  readonly view: (address: number, length: number) => ArrayBuffer;
}

let loaded: Libc | undefined;

/**
 * The C library of this machine. The first call chooses the runtime's way to it, so that importing
 * this package touches none.
 *
 * @returns The library.
 * @throws {MetalError} `UNSUPPORTED` where it cannot be reached; the message says what is missing.
 */
export async function loadLibc(): Promise<Libc> {
  loaded ??= bindLibc(await openLibrary());
  return loaded;
}

async function openLibrary(): Promise<ForeignLibrary> {
  if (platform !== "linux") {
    throw new MetalError(
      "UNSUPPORTED",
      `Memory is shared between processes on Linux only, and this is ${platform}`,
    );
  }
  try {
    if (versions["bun"] !== undefined) return (await import("./ffi/bun.ts")).openLibrary();
    if (versions["deno"] !== undefined) return (await import("./ffi/deno.ts")).openLibrary();
    return (await import("./ffi/node.ts")).openLibrary();
  } catch (cause) {
    if (cause instanceof MetalError) throw cause;
    const refused = cause instanceof Error && cause.name === "NotCapable";
    throw new MetalError(
      "UNSUPPORTED",
      refused
        ? "Deno shares memory between processes only with --allow-ffi"
        : `The C library cannot be called: ${String(cause)}`,
      { cause },
    );
  }
}

function bindLibc(library: ForeignLibrary): Libc {
  return {
    open: library.bind("open", "int", ["bytes", "int", "int"]),
    close: library.bind("close", "int", ["int"]),
    unlink: library.bind("unlink", "int", ["bytes"]),
    lseek: library.bind("lseek", "long", ["int", "long", "int"]),
    ftruncate: library.bind("ftruncate", "int", ["int", "long"]),
    posixFallocate: library.bind("posix_fallocate", "int", ["int", "long", "long"]),
    fcntl: library.bind("fcntl", "int", ["int", "int", "int"]),
    memfdCreate: library.bind("memfd_create", "int", ["bytes", "int"]),
    mmap: library.bind("mmap", "long", ["long", "long", "int", "int", "int", "long"]),
    munmap: library.bind("munmap", "int", ["long", "long"]),
    errno: () => library.errno(),
    view: (address, length) => library.view(address, length),
  };
}
