import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MetalError } from "../../error.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { STATFS } from "../libc/stat.ts";

/** Where the kernel lists the sizes of its huge pages. */
const DIRECTORY = "/sys/kernel/mm/hugepages";

/** Huge pages of one size. */
export interface HugePages {
  /** Bytes of one page. */
  readonly size: number;
  /** How many are reserved. */
  readonly total: number;
  /** How many of these nobody uses. */
  readonly free: number;
}

/**
 * Lists the huge pages of this machine, smallest size first. On Deno it needs `--allow-read`.
 *
 * @param directory Where the kernel lists them; another one is for tests.
 * @returns A row a size; none where the kernel has no huge pages.
 *
 * @example
 * ```ts
 * import { createSharedMemory, hugePages } from "@openamp/libmetal/system";
 *
 * const fitting = (await hugePages()).find(({ free }) => free > 0);
 * if (fitting !== undefined) {
 *   const { size } = fitting;
 *   using shared = await createSharedMemory({ size, hugePageSize: size });
 *   if (shared.memory.read32(size - 4) !== 0) throw new Error("It is all zeros");
 * }
 * ```
 */
export async function hugePages(directory: string = DIRECTORY): Promise<readonly HugePages[]> {
  const names = await readdir(directory).catch(() => []);
  const sizes = names.flatMap((name) => {
    const kibibytes = /^hugepages-(\d+)kB$/.exec(name)?.[1];
    return kibibytes === undefined ? [] : [{ name, size: Number(kibibytes) * 1024 }];
  });
  const rows = sizes.map(async ({ name, size }) => ({
    size,
    total: Number(await readFile(join(directory, name, "nr_hugepages"), "utf8")),
    free: Number(await readFile(join(directory, name, "free_hugepages"), "utf8")),
  }));
  return (await Promise.all(rows)).sort((one, other) => one.size - other.size);
}

/**
 * Refuses a size of huge pages that this machine has not, or of which the memory is no multiple.
 *
 * @param action What is attempted, on what.
 * @param size Bytes of the memory.
 * @param pageSize Bytes of a huge page.
 * @throws {MetalError} `UNSUPPORTED` or `INVALID_ARGUMENT`.
 */
export async function checkHugePages(
  action: string,
  size: number,
  pageSize: number,
): Promise<void> {
  const sizes = (await hugePages()).map((row) => row.size);
  if (!sizes.includes(pageSize)) {
    const present = sizes.length === 0 ? "none" : `those of ${sizes.join(" and ")} bytes`;
    throw new MetalError(
      "UNSUPPORTED",
      `${action}: this machine has no huge pages of ${pageSize} bytes, only ${present}`,
    );
  }
  if (size % pageSize !== 0) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: ${size} bytes are not a multiple of the huge page, ${pageSize}`,
    );
  }
}

/**
 * Where to write how many huge pages are wanted.
 *
 * @param pageSize Bytes of a page.
 * @param size Bytes of the memory.
 * @returns The hint for an error.
 */
export function reserveHint(pageSize: number, size: number): string {
  const place = `${DIRECTORY}/hugepages-${pageSize / 1024}kB/nr_hugepages`;
  return `it takes ${size / pageSize} huge pages that are free: root reserves them by writing a number to ${place}`;
}

/**
 * The size of the pages of a file, where it lies in a file system of huge pages.
 *
 * @param libc The C library.
 * @param descriptor The open file.
 * @returns Bytes of a page, or undefined where its pages are those of the system.
 */
export function hugePageSize(libc: Libc, descriptor: number): number | undefined {
  const bytes = new Uint8Array(STATFS.size);
  if (libc.fstatfs(descriptor, bytes) === -1) return undefined;
  const { f_type, f_bsize } = STATFS.fields;
  const view = new DataView(bytes.buffer);
  const huge = view.getBigUint64(f_type.offset, true) === BigInt(LINUX.HUGETLBFS_MAGIC);
  return huge ? Number(view.getBigUint64(f_bsize.offset, true)) : undefined;
}
