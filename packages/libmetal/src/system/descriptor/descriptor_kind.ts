import type { Libc } from "../libc/libc.ts";
import { systemError } from "../libc/system_error.ts";

/** Bytes of a name that are enough to tell what it is. */
const NAME_BYTES = 256;

/**
 * What the kernel calls an open file: `anon_inode:[eventfd]`, `socket:[1234]`, `/memfd:name
 * (deleted)`, or a path. A peer can send any descriptor; this is how to tell.
 *
 * @param libc The C library.
 * @param action What is attempted, for the error.
 * @param descriptor The descriptor.
 * @throws {MetalError} `NOT_FOUND` where it is not open.
 */
export function descriptorKind(libc: Libc, action: string, descriptor: number): string {
  const link = new TextEncoder().encode(`/proc/self/fd/${descriptor}\0`);
  const name = new Uint8Array(NAME_BYTES);
  const length = libc.readlink(link, name, name.length);
  if (length === -1) throw systemError(action, libc.errno());
  return new TextDecoder().decode(name.subarray(0, length));
}
