import { cString } from "./c_string.ts";
import type { Libc } from "./libc.ts";
import { LINUX } from "./linux.ts";
import { STATX } from "./stat.ts";

/** What a file is, and whose. */
export interface FileStatus {
  /** What it is; `other` are links, pipes and block devices. */
  readonly type: "file" | "directory" | "device" | "socket" | "other";
  /** Who may read, write and execute it: the low 12 bits of its mode. */
  readonly mode: number;
  /** The user that owns it. */
  readonly user: number;
  /** The group that owns it. */
  readonly group: number;
  /** Bytes; 0 for a device. */
  readonly size: number;
  /** Bytes that it has room for on its file system: fewer where it has holes. */
  readonly allocated: number;
}

/**
 * Looks at an open file.
 *
 * @param libc The C library.
 * @param descriptor The file.
 * @returns What it is, or undefined where the system refuses; `errno` has the reason.
 */
export function descriptorStatus(libc: Libc, descriptor: number): FileStatus | undefined {
  return status(libc, descriptor, "", LINUX.AT_EMPTY_PATH);
}

/**
 * Looks at a file by its path. Unlike `node:fs` it needs no permission of Deno beyond `--allow-ffi`.
 *
 * @param libc The C library.
 * @param path The path.
 * @returns What it is, or undefined where the system refuses; `errno` has the reason.
 */
export function pathStatus(libc: Libc, path: string): FileStatus | undefined {
  return status(libc, LINUX.AT_FDCWD, path, 0);
}

function status(
  libc: Libc,
  directory: number,
  path: string,
  flags: number,
): FileStatus | undefined {
  const bytes = new Uint8Array(STATX.size);
  if (libc.statx(directory, cString(path), flags, LINUX.STATX_BASIC_STATS, bytes) === -1) {
    return undefined;
  }
  const view = new DataView(bytes.buffer);
  const { stx_uid, stx_gid, stx_mode, stx_size, stx_blocks } = STATX.fields;
  const mode = view.getUint16(stx_mode.offset, true);
  return {
    type: typeOf(mode & LINUX.S_IFMT),
    mode: mode & 0o7777,
    user: view.getUint32(stx_uid.offset, true),
    group: view.getUint32(stx_gid.offset, true),
    size: Number(view.getBigUint64(stx_size.offset, true)),
    allocated: Number(view.getBigUint64(stx_blocks.offset, true)) * 512,
  };
}

function typeOf(format: number): FileStatus["type"] {
  if (format === LINUX.S_IFREG) return "file";
  if (format === LINUX.S_IFDIR) return "directory";
  if (format === LINUX.S_IFSOCK) return "socket";
  return format === LINUX.S_IFCHR ? "device" : "other";
}
