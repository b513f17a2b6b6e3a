import { MetalError } from "../../error.ts";
import type { PhysicalAddresses } from "../../io/physical_map.ts";
import { bufferMemory } from "../../memory/buffer_memory.ts";
import type { Memory, MemoryKind } from "../../memory/memory.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";
import { checkAtomicLoads } from "./atomic_loads.ts";
import { touchHoles } from "./file_blocks.ts";
import { hugePageSize, reserveHint } from "./huge_pages.ts";
import { mapBytes } from "./mapped_bytes.ts";
import { physicalPages } from "./physical_pages.ts";

/** The largest mapping: of a larger one Bun makes no buffer, and Node 20 ends the process. */
const MAXIMUM_SIZE = 2 ** 32;

/** What every kind of shared memory needs. */
export interface SharedMemoryOptions {
  /** Bytes: a multiple of 4, 4 to 2^32. */
  readonly size: number;
  /**
   * The physical address of the first byte, as the peer sees it, 0 to 2^53 - 1, or of each page.
   * Default 0: addresses are then offsets. `pages`: those of the pages that the kernel has given, as
   * `/proc/self/pagemap` tells root; the pages are locked in memory, so that they stay where they are.
   */
  readonly physicalAddress?: PhysicalAddresses | "pages";
  /** How it may be touched. Default `normal`. */
  readonly kind?: MemoryKind;
  /** The name, for messages and look-ups. Default: the path. */
  readonly name?: string;
  /**
   * True: `memory.mapping.buffer` is a `SharedArrayBuffer` over the mapping, which Workers of this
   * program take by `postMessage`: `Atomics.wait` and `Atomics.notify` work between them, and other
   * processes see the same bytes. The buffer ends at a multiple of 64 KiB behind the memory. Default
   * false: an `ArrayBuffer`, on which `Atomics.wait` throws.
   */
  readonly sharedBuffer?: boolean;
  /** True: the pages are kept in memory, mlock(2), and not written to a swap device. Default false. */
  readonly locked?: boolean;
}

/** Shared bytes that are mapped here. Whoever mapped them owns the mapping, and closes it. */
export interface MappedFile extends Disposable {
  /** Where another process of this user opens the same bytes. */
  readonly path: string;
  /** The bytes. */
  readonly memory: Memory;
  /**
   * Ends the sharing, once the rings over the memory are empty. Harmless when it is closed already.
   *
   * The memory stays usable, so that a forgotten view cannot crash the process: it reads zeros and
   * reaches nobody. That goes for every Worker that has a `SharedArrayBuffer` over it too. The file
   * stays: whoever has made it removes it.
   *
   * @throws {MetalError} `SYSTEM` where the operating system refuses.
   */
  close(): void;
}

/** What of an open file is mapped. */
export interface DescriptorOptions extends SharedMemoryOptions {
  /**
   * Where in the file the memory starts: a multiple of the page size. Default 0. In a UIO device,
   * map `i` starts at `i` pages.
   */
  readonly offset?: number;
  /**
   * True: the bytes are mapped for reading only, and it takes the right to read them only. Every
   * write by the memory or its `words` is `READ_ONLY`, `words.view` is a copy, and there is no
   * `mapping`: nothing can write there, which would end the process. Bun on arm64 refuses, where
   * atomic loads write. Default false.
   */
  readonly readOnly?: boolean;
}

/**
 * Refuses a range that cannot be mapped, before anything is opened.
 *
 * @param action What is attempted, on what.
 * @param size Bytes.
 * @param offset Where it starts in the file. Default 0.
 * @throws {MetalError} `INVALID_ARGUMENT`.
 */
export function checkSize(action: string, size: number, offset: number = 0): void {
  if (!(size > 0 && size <= MAXIMUM_SIZE && size % 4 === 0)) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: ${size} bytes are not a multiple of 4 between 4 and 4 GiB`,
    );
  }
  // No page is smaller than 4 KiB; which size they have is known only when the file is open.
  checkOffset(action, offset, 4096);
}

/**
 * Maps bytes of an open file or of a device. How many there are is not looked up: a device has no
 * size that could be asked for. Whoever opened a file has compared its size.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param descriptor The file. It may be closed afterwards.
 * @param path Where others open it.
 * @param options Its size, address, kind and offset.
 * @param release What to do beside ending the mapping when it is closed.
 * @returns The mapping.
 * @throws {MetalError} `INVALID_ARGUMENT` for the address or the offset; `PERMISSION` where the
 *   physical pages are hidden; `UNSUPPORTED` for reading only with Bun on arm64; where it cannot be
 *   mapped, what {@linkcode systemError} makes of the reason.
 */
export function mapDescriptor(
  libc: Libc,
  action: string,
  descriptor: number,
  path: string,
  options: DescriptorOptions,
  release: () => void = () => {},
): MappedFile {
  const { size, physicalAddress = 0, kind = "normal", name = path, offset = 0 } = options;
  const { sharedBuffer = false, locked = false, readOnly = false } = options;
  if (sharedBuffer && readOnly) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: a SharedArrayBuffer can be written to, so it cannot be mapped for reading only`,
    );
  }
  if (readOnly) checkAtomicLoads(action);
  const hugePage = hugePageSize(libc, descriptor);
  const page = hugePage ?? libc.sysconf(LINUX._SC_PAGESIZE);
  checkOffset(action, offset, page);
  // Of huge pages none can be mapped, or replaced, in part.
  const length = hugePage === undefined ? size : Math.ceil(size / page) * page;
  const hint = hugePage === undefined ? undefined : reserveHint(hugePage, length);
  const range = { descriptor, offset, length, page, sharedBuffer, readOnly, hint };
  const bytes = mapBytes(libc, action, range);

  const closing = new AbortController();
  let memory: Memory;
  try {
    if (readOnly) touchHoles(libc, action, path, descriptor, bytes.address, length);
    const pages = physicalAddress === "pages";
    if ((locked || pages) && libc.mlock(bytes.address, length) === -1) {
      throw systemError(`${action}: keep its pages in memory`, libc.errno(), {
        hint: "ulimit -l raises the limit, or the capability CAP_IPC_LOCK",
      });
    }
    memory = bufferMemory({
      name,
      physicalAddress: pages
        ? physicalPages(libc, action, bytes.address, length, page)
        : physicalAddress,
      kind,
      readOnly,
      address: bytes.address,
      closed: closing.signal,
      buffer: bytes.buffer,
      byteOffset: bytes.byteOffset,
      byteLength: size,
    });
  } catch (cause) {
    bytes.unmap();
    throw cause;
  }

  function close(): void {
    if (closing.signal.aborted) return;
    if (!bytes.replace()) throw systemError(`Close the mapping of "${path}"`, libc.errno());
    closing.abort();
    release();
  }
  return { path, memory, close, [Symbol.dispose]: close };
}

function checkOffset(action: string, offset: number, page: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && offset % page === 0) return;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `${action}: offset ${offset} is not a multiple of the page size, ${page}`,
  );
}
