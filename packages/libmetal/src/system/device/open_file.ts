import { cPath } from "../libc/c_string.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";
import type { ReleaseStack } from "./release_stack.ts";

/**
 * Opens a file of the kernel.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param path The file on this machine.
 * @param permission What would let this user open it.
 * @param flags How. Default: for reading and writing.
 * @returns The descriptor.
 * @throws {MetalError} `PERMISSION` with that hint; `BUSY`; else what `systemError` makes of the
 *   reason.
 */
export function openFile(
  libc: Libc,
  action: string,
  path: string,
  permission: string,
  flags: number = LINUX.O_RDWR,
): number {
  const descriptor = libc.open(cPath(action, path), LINUX.O_CLOEXEC | flags, 0);
  if (descriptor !== -1) return descriptor;
  const errno = libc.errno();
  const refused = errno === LINUX.EACCES || errno === LINUX.EPERM;
  const busy = errno === LINUX.EBUSY ? "another program has it open" : undefined;
  throw systemError(`${action}: open "${path}"`, errno, { hint: refused ? permission : busy });
}

/** A file that is open. */
export interface OpenFile {
  /** Its descriptor. After it was closed, the number may be another file's. */
  readonly descriptor: number;
  /** Aborted when it was closed. */
  readonly closed: AbortSignal;
}

/**
 * Lets a file be closed with the rest.
 *
 * @param libc The C library.
 * @param descriptor The file.
 * @param opened What closes it.
 * @returns The file.
 */
export function keepOpen(libc: Libc, descriptor: number, opened: ReleaseStack): OpenFile {
  const closing = new AbortController();
  opened.push(() => {
    closing.abort();
    libc.close(descriptor);
  });
  return { descriptor, closed: closing.signal };
}

/**
 * The rule for udev that lets the members of a group open the device files of a subsystem.
 *
 * @param subsystem The subsystem, such as `uio`.
 * @returns The hint.
 */
export function udevRule(subsystem: string): string {
  return (
    `to let the members of a group open it, put this line into ` +
    `/etc/udev/rules.d/70-${subsystem}.rules and type as root "udevadm control --reload && ` +
    `udevadm trigger": SUBSYSTEM=="${subsystem}", GROUP="users", MODE="0660"`
  );
}

/**
 * The rule for udev that lets the members of a group open a file of a PCI device in sysfs, which is
 * root's otherwise.
 *
 * @param name The device.
 * @param file The file in its folder, such as `resource0`.
 * @returns The hint.
 */
export function sysfsRule(name: string, file: string): string {
  return (
    `to let the members of a group open it, put this line into /etc/udev/rules.d/70-pci.rules and ` +
    `type as root "udevadm control --reload && udevadm trigger": SUBSYSTEM=="pci", ` +
    `KERNEL=="${name}", RUN+="/bin/chgrp users /sys%p/${file}", ` +
    `RUN+="/bin/chmod g+rw /sys%p/${file}"`
  );
}
