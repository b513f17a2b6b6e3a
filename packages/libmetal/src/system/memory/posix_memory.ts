import { arch } from "node:process";
import { MetalError } from "../../error.ts";
import type { WaitOptions } from "../../time/clock.ts";
import { hostClock } from "../../time/host_clock.ts";
import { cString } from "../libc/c_string.ts";
import { descriptorStatus, pathStatus } from "../libc/file_status.ts";
import { loadLibc, type Libc } from "../libc/libc.ts";
import { LINUX, openFlags } from "../libc/linux.ts";
import { pathError } from "../libc/path_error.ts";
import { systemError } from "../libc/system_error.ts";
import { checkFile, reserveBlocks } from "./file_blocks.ts";
import { accessFlags, checkWritable } from "./shared_file.ts";
import {
  checkSize,
  mapDescriptor,
  type MappedFile,
  type SharedMemoryOptions,
} from "./shared_mapping.ts";

/** Where Linux keeps POSIX shared memory, shm_overview(7). */
const DIRECTORY = "/dev/shm";
/** The longest name of a file, in bytes. */
const NAME_MAX = 255;
/** Milliseconds for which a creator may take to give its memory a size. */
const DEFAULT_TIMEOUT = 1000;
/** Milliseconds between two looks at it. */
const INTERVAL = 5;

/** What {@linkcode openSharedMemory} needs. */
export interface PosixMemoryOptions extends SharedMemoryOptions, WaitOptions {
  /** The name, as shm_open(3) has it: a slash, then 1 to 255 bytes without another. */
  readonly name: string;
  /**
   * `exclusive`: makes it; the name must be free. `if-missing`: makes it where it is missing. In both
   * cases with its full size and all of its blocks. Default: it must exist, with `size` bytes at
   * least. It is never resized.
   */
  readonly create?: "exclusive" | "if-missing";
  /**
   * True: it is mapped for reading only, as {@linkcode DescriptorOptions.readOnly} has it. Not together
   * with `create`. Default false.
   */
  readonly readOnly?: boolean;
  /**
   * Who may open what is made: the permission bits of its mode, as `chmod` takes them. Default
   * `0o600`, this user only.
   */
  readonly mode?: number;
  /**
   * Milliseconds to wait for the size of memory that a C program has just made, and not yet sized.
   * Default 1000.
   */
  readonly timeout?: number;
}

/** POSIX shared memory that is mapped here. */
export interface PosixMemory extends MappedFile {
  /** Whether this call has made it: then its bytes are zeros that somebody has to fill. */
  readonly created: boolean;
}

/**
 * Opens or makes POSIX shared memory, which C programs open by the same name with `shm_open`.
 * Upstream: `metal_shmem_open`.
 *
 * What is made appears under its name whole, with its size and its blocks: nobody can open it
 * before, and a creator that dies leaves nothing half made. It stays until
 * {@linkcode unlinkSharedMemory}, also when no process maps it.
 *
 * Another process of this user, or of whom `mode` lets in, could shorten it under the mapping, which
 * is SIGBUS; {@linkcode createSharedMemory} makes memory that nobody can shorten.
 *
 * @param options Its name and size.
 * @returns The mapping, for its owner to close.
 * @throws {MetalError} `NOT_FOUND` where there is none of that name; `EXISTS` where it was to be made
 *   and is there; `OUT_OF_RANGE` where it is smaller than `size`; `TIMEOUT` where its creator gives it
 *   no size; `ABORTED`; `PERMISSION`, with the mode and the user that stand against it; `NO_SPACE`
 *   where `/dev/shm` is full, or too many files are open; `INVALID_ARGUMENT` for a name, size, mode or
 *   address that no call could accept; `UNSUPPORTED` where the runtime cannot map files; `SYSTEM`
 *   where the operating system refuses otherwise. What this call has made does not stay behind.
 *
 * @example
 * ```ts
 * import { openSharedMemory, unlinkSharedMemory } from "@openamp/libmetal/system";
 *
 * const place = { name: `/example-${crypto.randomUUID()}`, size: 4096 };
 * using ours = await openSharedMemory({ ...place, create: "exclusive" });
 * using theirs = await openSharedMemory(place);
 * await unlinkSharedMemory(place.name);
 * ours.memory.write32(0, 42);
 * if (theirs.memory.read32(0) !== 42) throw new Error("Both see the same bytes");
 * ```
 */
export async function openSharedMemory(options: PosixMemoryOptions): Promise<PosixMemory> {
  const { name, size, create, mode = 0o600, readOnly = false } = options;
  const { timeout = DEFAULT_TIMEOUT, signal } = options;
  const action = `${create === "exclusive" ? "Create" : "Open"} the shared memory "${name}"`;
  const path = pathOf(action, name);
  checkSize(action, size);
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw new MetalError("INVALID_ARGUMENT", `${action}: ${mode} is no mode from 0 to 0o777`);
  }
  if (!(timeout >= 0 && timeout < Infinity)) {
    throw new MetalError("INVALID_ARGUMENT", `${action}: ${timeout} ms are no limit of a wait`);
  }
  if (create !== undefined) checkWritable(action, readOnly);
  const libc = await loadLibc();
  const end = hostClock.now() + timeout;

  function opened(descriptor: number, created: boolean): PosixMemory {
    try {
      if (!created) checkFile(libc, action, path, descriptor, size, readOnly);
      return { ...mapDescriptor(libc, action, descriptor, path, options), created };
    } catch (cause) {
      if (created) libc.unlink(cString(path));
      throw cause;
    } finally {
      libc.close(descriptor);
    }
  }

  if (create === "exclusive") {
    // To make it takes all of its blocks: so it is looked for before.
    const taken = pathStatus(libc, path) !== undefined;
    const descriptor = taken ? undefined : make(libc, action, path, size, mode);
    if (descriptor === undefined) throw systemError(action, LINUX.EEXIST);
    return opened(descriptor, true);
  }
  // Between a look and a making of it, others may make it and remove it: so both are tried in turns.
  for (;;) {
    const found = find(libc, action, path, readOnly);
    if (found !== undefined && found.sized) return opened(found.descriptor, false);
    if (found !== undefined) libc.close(found.descriptor);
    else if (create === undefined) throw missing(libc, action);
    else {
      const descriptor = make(libc, action, path, size, mode);
      if (descriptor !== undefined) return opened(descriptor, true);
    }
    if (hostClock.now() >= end) {
      throw new MetalError(
        "TIMEOUT",
        found === undefined
          ? `${action}: it comes and goes since ${timeout} ms`
          : `${action}: it has no size, and its creator gives it none since ${timeout} ms`,
      );
    }
    await pause(action, signal);
  }
}

/**
 * Removes the name of POSIX shared memory. Who maps it keeps it; nobody opens it any more, and the
 * memory is free when the last mapping is closed.
 *
 * @param name The name, as for {@linkcode openSharedMemory}.
 * @throws {MetalError} `NOT_FOUND` where there is none of that name; `PERMISSION`;
 *   `INVALID_ARGUMENT` for what is no name, or a directory; `UNSUPPORTED` where the runtime cannot
 *   call the C library.
 */
export async function unlinkSharedMemory(name: string): Promise<void> {
  const action = `Remove the shared memory "${name}"`;
  const path = pathOf(action, name);
  const libc = await loadLibc();
  if (libc.unlink(cString(path)) === -1) throw pathError(libc, action, path);
}

function pathOf(action: string, name: string): string {
  const rest = name.slice(1);
  const bytes = new TextEncoder().encode(rest).length;
  if (name.startsWith("/") && bytes >= 1 && bytes <= NAME_MAX && !/^\.\.?$|[/\0]/.test(rest)) {
    return `${DIRECTORY}/${rest}`;
  }
  throw new MetalError(
    "INVALID_ARGUMENT",
    `${action}: a name is a slash and 1 to ${NAME_MAX} bytes without another one`,
  );
}

/** Makes the memory, and then gives it its name; undefined where the name is taken. */
function make(
  libc: Libc,
  action: string,
  path: string,
  size: number,
  mode: number,
): number | undefined {
  const flags = LINUX.O_RDWR | LINUX.O_CLOEXEC | openFlags(arch).O_TMPFILE;
  const descriptor = libc.open(cString(DIRECTORY), flags, 0o600);
  if (descriptor === -1) throw missingDirectory(libc, action) ?? pathError(libc, action, path);
  try {
    // Not by the mode of open, which the umask cuts.
    if (libc.fchmod(descriptor, mode) === -1) throw systemError(action, libc.errno());
    reserveBlocks(libc, action, DIRECTORY, descriptor, size);
    const source = cString(`/proc/self/fd/${descriptor}`);
    const follow = LINUX.AT_SYMLINK_FOLLOW;
    if (libc.linkat(LINUX.AT_FDCWD, source, LINUX.AT_FDCWD, cString(path), follow) === 0) {
      return descriptor;
    }
    if (libc.errno() !== LINUX.EEXIST) throw pathError(libc, action, path);
  } catch (cause) {
    libc.close(descriptor);
    throw cause;
  }
  libc.close(descriptor);
  return undefined;
}

/** Opens the memory; undefined where there is none. */
function find(
  libc: Libc,
  action: string,
  path: string,
  readOnly: boolean,
): { readonly descriptor: number; readonly sized: boolean } | undefined {
  const flags = accessFlags(readOnly) | openFlags(arch).O_NOFOLLOW;
  const descriptor = libc.open(cString(path), flags, 0);
  if (descriptor === -1) {
    if (libc.errno() === LINUX.ENOENT) return undefined;
    throw pathError(libc, action, path);
  }
  const status = descriptorStatus(libc, descriptor);
  return { descriptor, sized: status?.type !== "file" || status.size > 0 };
}

function missing(libc: Libc, action: string): MetalError {
  return missingDirectory(libc, action) ?? systemError(action, LINUX.ENOENT);
}

function missingDirectory(libc: Libc, action: string): MetalError | undefined {
  if (pathStatus(libc, DIRECTORY) !== undefined) return undefined;
  return systemError(action, LINUX.ENOENT, {
    hint: `${DIRECTORY} is not there: mount -t tmpfs tmpfs ${DIRECTORY}`,
  });
}

async function pause(action: string, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) {
    throw new MetalError("ABORTED", `${action}: the wait was aborted`, { cause: signal.reason });
  }
  await new Promise<void>((resolve) => hostClock.after(INTERVAL, resolve));
}
