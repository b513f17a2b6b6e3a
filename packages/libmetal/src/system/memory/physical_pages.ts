import { MetalError } from "../../error.ts";
import type { PageMap } from "../../io/physical_map.ts";
import { cString } from "../libc/c_string.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";

/** Where the kernel tells a process which physical pages it has: proc_pid_pagemap(5). */
const PAGEMAP = "/proc/self/pagemap";
/** Bytes of an entry: bits 0 to 54 are the number of the physical page, bit 63 says that it is there. */
const ENTRY = 8;
const PRESENT = 1n << 63n;
const NUMBER = (1n << 55n) - 1n;

/**
 * Finds the physical pages of a mapping, which are locked in memory. Upstream: `metal_shmem_open`.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param address Where the mapping starts.
 * @param length Bytes.
 * @param pageSize Bytes of its pages, which may be huge ones.
 * @returns The address of each page.
 * @throws {MetalError} `PERMISSION` where this user may not see them.
 */
export function physicalPages(
  libc: Libc,
  action: string,
  address: number,
  length: number,
  pageSize: number,
): PageMap {
  const systemPage = libc.sysconf(LINUX._SC_PAGESIZE);
  const entries = readEntries(libc, action, address / systemPage, Math.ceil(length / systemPage));
  const addresses: number[] = [];
  for (let index = 0; index < entries.length; index += pageSize / systemPage) {
    const entry = entries[index] ?? 0n;
    if ((entry & PRESENT) === 0n) {
      throw new MetalError("SYSTEM", `${action}: page ${index} of it is not in memory`);
    }
    // What a process may not see reads as 0, which is the page of no memory that is mapped here.
    if ((entry & NUMBER) === 0n) {
      throw new MetalError(
        "PERMISSION",
        `${action}: its physical pages are hidden from this process; that takes the capability ` +
          "CAP_SYS_ADMIN, or leave the physical address out: addresses are then offsets",
      );
    }
    addresses.push(Number(entry & NUMBER) * systemPage);
  }
  return { pageSize, addresses };
}

function readEntries(libc: Libc, action: string, first: number, count: number): BigUint64Array {
  const descriptor = libc.open(cString(PAGEMAP), LINUX.O_RDONLY | LINUX.O_CLOEXEC, 0);
  if (descriptor === -1) throw systemError(`${action}: open ${PAGEMAP}`, libc.errno());
  const bytes = new Uint8Array(count * ENTRY);
  try {
    for (let done = 0; done < bytes.length;) {
      const rest = bytes.subarray(done);
      const read = libc.pread(descriptor, rest, rest.length, first * ENTRY + done);
      if (read <= 0) throw systemError(`${action}: read ${PAGEMAP}`, libc.errno());
      done += read;
    }
  } finally {
    libc.close(descriptor);
  }
  return new BigUint64Array(bytes.buffer);
}
