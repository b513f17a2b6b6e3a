import { MetalError } from "../../error.ts";
import { descriptorStatus } from "../libc/file_status.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { STATFS } from "../libc/stat.ts";
import { systemError } from "../libc/system_error.ts";

/**
 * Gives a new file its size, and the blocks of all of it.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param path Where it will be found.
 * @param descriptor The file.
 * @param length Bytes.
 * @throws {MetalError} `NO_SPACE` where the file system is full; otherwise what
 *   {@linkcode systemError} makes of the reason.
 */
export function reserveBlocks(
  libc: Libc,
  action: string,
  path: string,
  descriptor: number,
  length: number,
): void {
  let errno: number;
  // A signal ends the reservation of a large file on tmpfs early.
  do errno = libc.posixFallocate(descriptor, 0, length);
  while (errno === LINUX.EINTR);
  if (errno !== 0) throw blockError(action, errno, path, length);
}

/**
 * Refuses what is no ordinary file, or ends before the memory does; and reserves the blocks that it
 * has not, where it is open for writing. A page of a mapping that finds no room when it is first
 * touched is SIGBUS.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param path Where it was found.
 * @param descriptor The file.
 * @param length Bytes that are wanted.
 * @param readOnly Whether it is open for reading only: see {@linkcode touchHoles}.
 * @throws {MetalError} `INVALID_ARGUMENT`, `OUT_OF_RANGE` or `NO_SPACE`.
 */
export function checkFile(
  libc: Libc,
  action: string,
  path: string,
  descriptor: number,
  length: number,
  readOnly: boolean,
): void {
  const status = descriptorStatus(libc, descriptor);
  if (status === undefined) throw systemError(action, libc.errno());
  if (status.type !== "file") {
    throw new MetalError("INVALID_ARGUMENT", `${action}: it is no ordinary file`);
  }
  if (status.size < length) {
    throw new MetalError(
      "OUT_OF_RANGE",
      `${action}: ${length} bytes are asked for, and it has ${status.size}`,
    );
  }
  if (readOnly || status.allocated >= status.size || !canBeFull(libc, descriptor)) return;
  let errno: number;
  do {
    // Its size stays what it is, also where somebody shortens it meanwhile.
    const done = libc.fallocate(descriptor, LINUX.FALLOC_FL_KEEP_SIZE, 0, length);
    errno = done === -1 ? libc.errno() : 0;
  } while (errno === LINUX.EINTR);
  // What cannot reserve can still be mapped; docs/limits.md has it.
  if (errno !== 0 && errno !== LINUX.EOPNOTSUPP) throw blockError(action, errno, path, length);
}

/**
 * Touches the pages of a mapping of a file with holes, so that a page for which there is no room is an
 * error: what is mapped for reading only cannot be reserved, and takes room all the same on a tmpfs.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param path Where it was found.
 * @param descriptor The file.
 * @param address Where it is mapped.
 * @param length Bytes that are mapped.
 * @throws {MetalError} `NO_SPACE`.
 */
export function touchHoles(
  libc: Libc,
  action: string,
  path: string,
  descriptor: number,
  address: number,
  length: number,
): void {
  const status = descriptorStatus(libc, descriptor);
  if (status?.type !== "file" || status.allocated >= status.size) return;
  if (!canBeFull(libc, descriptor)) return;
  if (libc.madvise(address, length, LINUX.MADV_POPULATE_READ) === 0) return;
  const errno = libc.errno();
  // Linux before 5.14 does not know it; docs/limits.md has that.
  if (errno === LINUX.EINVAL) return;
  throw blockError(action, errno === LINUX.EFAULT ? LINUX.ENOSPC : errno, path, length);
}

/**
 * Whether the file system of a file has a limit. That of memfds has none, and huge pages are reserved
 * when they are mapped.
 */
function canBeFull(libc: Libc, descriptor: number): boolean {
  const bytes = new Uint8Array(STATFS.size);
  if (libc.fstatfs(descriptor, bytes) === -1) return false;
  const view = new DataView(bytes.buffer);
  const { f_type, f_blocks } = STATFS.fields;
  const huge = view.getBigUint64(f_type.offset, true) === BigInt(LINUX.HUGETLBFS_MAGIC);
  return !huge && view.getBigUint64(f_blocks.offset, true) !== 0n;
}

function blockError(action: string, errno: number, path: string, length: number): MetalError {
  const full = errno === LINUX.ENOSPC;
  return systemError(action, errno, {
    hint: full ? `${length} bytes are wanted: df ${path} shows what is free` : undefined,
  });
}
