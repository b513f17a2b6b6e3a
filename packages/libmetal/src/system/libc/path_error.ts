import type { MetalError } from "../../error.ts";
import { pathStatus } from "./file_status.ts";
import type { Libc } from "./libc.ts";
import { LINUX } from "./linux.ts";
import { systemError } from "./system_error.ts";

/**
 * The error of a call that the operating system has just refused, on a file: with what would let it.
 *
 * @param libc The C library, whose `errno` has the reason.
 * @param action What was attempted, on what.
 * @param path The file or device.
 * @returns The error, as {@linkcode systemError} makes it, with a hint where there is one: for
 *   `PERMISSION` whose file it is and which command or udev rule lets this user in, for `NO_SPACE`
 *   where to look.
 *
 * @example
 * ```ts ignore
 * const descriptor = libc.open(cPath(action, path), LINUX.O_RDWR | LINUX.O_CLOEXEC, 0);
 * if (descriptor === -1) throw pathError(libc, action, path);
 * ```
 */
export function pathError(libc: Libc, action: string, path: string): MetalError {
  const errno = libc.errno();
  return systemError(action, errno, { hint: hint(libc, errno, path) });
}

function hint(libc: Libc, errno: number, path: string): string | undefined {
  switch (errno) {
    case LINUX.EACCES:
    case LINUX.EPERM:
      return accessHint(libc, path);
    case LINUX.ENOSPC:
      return `the file system is full: df ${parentOf(path)} shows it`;
    case LINUX.EMFILE:
      return "this process has as many files open as it may: ulimit -n raises that";
    default:
      return undefined;
  }
}

function accessHint(libc: Libc, path: string): string {
  const user = libc.geteuid();
  const absent = pathStatus(libc, path) === undefined && libc.errno() === LINUX.ENOENT;
  const place = absent ? parentOf(path) : path;
  const status = pathStatus(libc, place);
  if (status === undefined) {
    return `a directory on the way does not let user ${user} in: namei -l ${path} shows which`;
  }
  const mode = status.mode.toString(8).padStart(4, "0");
  const whose =
    `${place} has mode ${mode}, user ${status.user} and group ${status.group}, ` +
    `and this process is user ${user}`;
  if (status.type === "device") {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return (
      `${whose}: a rule in /etc/udev/rules.d lets a group in, ` +
      `such as KERNEL=="${name}", GROUP="plugdev", MODE="0660"`
    );
  }
  return `${whose}: chgrp and chmod g+rw${status.type === "directory" ? "x" : ""} let a group in`;
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}
