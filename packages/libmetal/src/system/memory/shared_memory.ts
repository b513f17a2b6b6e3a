import { pid } from "node:process";
import { cString } from "../libc/c_string.ts";
import { loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { pathError } from "../libc/path_error.ts";
import { systemError } from "../libc/system_error.ts";
import { checkHugePages } from "./huge_pages.ts";
import {
  checkSize,
  mapDescriptor,
  type MappedFile,
  type SharedMemoryOptions,
} from "./shared_mapping.ts";

/** What {@linkcode createSharedMemory} needs. */
export interface MemoryFileOptions extends SharedMemoryOptions {
  /**
   * Bytes of the huge pages that it is to lie in, one of {@linkcode hugePages}; `size` is then a
   * multiple of it. Huge pages are reserved beforehand, by root. Default: the pages of the system.
   */
  readonly hugePageSize?: number;
}

/**
 * Makes shared memory that is no file of any directory: a memfd, sealed so that nobody can shorten
 * it under a mapping. Its pages are taken as they are touched.
 *
 * Another process of this user opens its `path`, `/proc/<pid>/fd/<n>`, until it is closed. Nothing
 * has to be removed, and nothing stays behind, however the processes end.
 *
 * @param options Its size, address and kind.
 * @returns The mapping, for its owner to close.
 * @throws {MetalError} `INVALID_ARGUMENT` for a size or address that no call could accept; `NO_SPACE`
 *   where there are not enough huge pages, with the file to write to, or too many files are open;
 *   `UNSUPPORTED` where the machine has no huge pages of that size, or the runtime cannot map files;
 *   `SYSTEM` where the operating system refuses otherwise.
 *
 * @example
 * ```ts
 * import { createSharedMemory, mapSharedFile } from "@openamp/libmetal/system";
 *
 * const place = { size: 0x1000000, physicalAddress: 0x21000000 };
 * using ours = await createSharedMemory({ ...place, name: "psram" });
 * using theirs = await mapSharedFile({ ...place, path: ours.path });
 * ours.memory.write8(0, 7);
 * if (theirs.memory.read8(0) !== 7) throw new Error("Both see the same bytes");
 * ```
 */
export async function createSharedMemory(options: MemoryFileOptions): Promise<MappedFile> {
  const { size, name = "shared", hugePageSize } = options;
  const action = `Create the shared memory "${name}"`;
  checkSize(action, size);
  if (hugePageSize !== undefined) await checkHugePages(action, size, hugePageSize);
  const libc = await loadLibc();

  const flags = LINUX.MFD_CLOEXEC | LINUX.MFD_ALLOW_SEALING | hugePageFlags(hugePageSize);
  const descriptor = libc.memfdCreate(cString("openamp"), flags);
  if (descriptor === -1) throw pathError(libc, action, "/proc/self/fd");
  const seals = LINUX.F_SEAL_SHRINK | LINUX.F_SEAL_GROW | LINUX.F_SEAL_SEAL;
  try {
    if (
      libc.ftruncate(descriptor, size) === -1 ||
      libc.fcntl(descriptor, LINUX.F_ADD_SEALS, seals) === -1
    ) {
      throw systemError(action, libc.errno());
    }
    // The descriptor stays open as long as the mapping: it is what the path leads to.
    return mapDescriptor(libc, action, descriptor, `/proc/${pid}/fd/${descriptor}`, options, () =>
      libc.close(descriptor),
    );
  } catch (cause) {
    libc.close(descriptor);
    throw cause;
  }
}

function hugePageFlags(size: number | undefined): number {
  return size === undefined ? 0 : LINUX.MFD_HUGETLB | (Math.log2(size) << LINUX.MFD_HUGE_SHIFT);
}
