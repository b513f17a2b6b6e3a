import { MetalError } from "../../error.ts";
import { cPath } from "../libc/c_string.ts";
import { loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { pathError } from "../libc/path_error.ts";
import { checkFile, reserveBlocks } from "./file_blocks.ts";
import {
  checkSize,
  mapDescriptor,
  type DescriptorOptions,
  type MappedFile,
} from "./shared_mapping.ts";

/** What {@linkcode mapSharedFile} needs. */
export interface SharedFileOptions extends DescriptorOptions {
  /** An ordinary file, on any file system that can be mapped, also one of huge pages. */
  readonly path: string;
  /**
   * True: makes the file, which must not exist, readable and writable for this user only, with its
   * full size and all of its blocks, so that a full disk is an error here and not SIGBUS later.
   * False: the file must exist, with `offset + size` bytes at least. It is never resized. Default
   * false.
   */
  readonly create?: boolean;
}

/**
 * Maps a named file that another process maps too: each sees what the other writes, and `Atomics`
 * are atomic between them. On Bun, on Deno with `--allow-ffi`, on Node with the package koffi.
 *
 * Nobody may shorten a file that is mapped: the next access would be SIGBUS, which ends the process
 * on every runtime. {@linkcode createSharedMemory} makes memory that nobody can shorten.
 *
 * @param options The file, its size and its address.
 * @returns The mapping, for its owner to close.
 * @throws {MetalError} `NOT_FOUND` where there is no such file or directory; `EXISTS` where `create`
 *   finds one; `OUT_OF_RANGE` where the file ends before the memory does; `PERMISSION` where this
 *   user may not; `NO_SPACE` where the disk is full; `INVALID_ARGUMENT` for a size, offset, address
 *   or path that no call could accept; `UNSUPPORTED` where the runtime cannot map files; `SYSTEM`
 *   where the operating system refuses otherwise. A file that this call has made does not stay
 *   behind.
 *
 * @example
 * ```ts
 * import { mapSharedFile } from "@openamp/libmetal/system";
 *
 * const place = { path: `shared-${crypto.randomUUID()}`, size: 4096, physicalAddress: 0x21000000 };
 * using ours = await mapSharedFile({ ...place, create: true });
 * using theirs = await mapSharedFile(place);
 * (await import("node:fs")).unlinkSync(place.path);
 * ours.memory.write32(0, 42);
 * if (theirs.memory.read32(0) !== 42) throw new Error("Both see the same bytes");
 * ```
 */
export async function mapSharedFile(options: SharedFileOptions): Promise<MappedFile> {
  const { path, size, offset = 0, create = false, readOnly = false } = options;
  const action = `${create ? "Create" : "Map"} the shared file "${path}"`;
  checkSize(action, size, offset);
  if (create) checkWritable(action, readOnly);
  const name = cPath(action, path);
  const libc = await loadLibc();

  const flags = accessFlags(readOnly) | (create ? LINUX.O_CREAT | LINUX.O_EXCL : 0);
  const descriptor = libc.open(name, flags, 0o600);
  if (descriptor === -1) throw pathError(libc, action, path);
  try {
    if (create) reserveBlocks(libc, action, path, descriptor, offset + size);
    else checkFile(libc, action, path, descriptor, offset + size, readOnly);
    return mapDescriptor(libc, action, descriptor, path, options);
  } catch (cause) {
    if (create) libc.unlink(name);
    throw cause;
  } finally {
    libc.close(descriptor);
  }
}

/** How a file is opened that is there. Not blocking: the name may be that of a pipe. */
export function accessFlags(readOnly: boolean): number {
  const access = readOnly ? LINUX.O_RDONLY : LINUX.O_RDWR;
  return access | LINUX.O_CLOEXEC | LINUX.O_NONBLOCK;
}

/**
 * Refuses to make what nobody could fill.
 *
 * @param action What is attempted, on what.
 * @param readOnly Whether it is mapped for reading only.
 * @throws {MetalError} `INVALID_ARGUMENT`.
 */
export function checkWritable(action: string, readOnly: boolean): void {
  if (!readOnly) return;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `${action}: what is made is all zeros, and is not mapped for reading only`,
  );
}
