import { MetalError } from "../../error.ts";
import { bufferMemory } from "../../memory/buffer_memory.ts";
import type { Memory, MemoryKind } from "../../memory/memory.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";

/** The largest mapping: a larger one ends the process on Node, and throws on Bun (measured). */
const MAXIMUM_SIZE = 2 ** 32;

/** What every kind of shared memory needs. */
export interface SharedMemoryOptions {
  /** Bytes: a multiple of 4, 4 to 2^32. */
  readonly size: number;
  /** The physical address of the first byte, as the peer sees it, 0 to 2^53 - 1. */
  readonly physicalAddress: number;
  /** How it may be touched. Default `normal`. */
  readonly kind?: MemoryKind;
  /** The name, for messages and look-ups. Default: the path. */
  readonly name?: string;
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
   * reaches nobody. The file stays too: whoever has made its directory removes it.
   *
   * @throws {MetalError} `SYSTEM` where the operating system refuses.
   */
  close(): void;
}

/**
 * Refuses a size that cannot be mapped, before anything is opened.
 *
 * @param action What is attempted, on what.
 * @param size Bytes.
 * @throws {MetalError} `INVALID_ARGUMENT`.
 */
export function checkSize(action: string, size: number): void {
  if (size > 0 && size <= MAXIMUM_SIZE && size % 4 === 0) return;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `${action}: ${size} bytes are not a multiple of 4 between 4 and 4 GiB`,
  );
}

/** What of an open file is mapped. */
export interface DescriptorOptions extends SharedMemoryOptions {
  /**
   * Where in the file the memory starts: a multiple of the page size. Default 0. In a UIO device,
   * map `i` starts at `i` pages.
   */
  readonly offset?: number;
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
 * @throws {MetalError} `INVALID_ARGUMENT` for the address or the offset; where it cannot be mapped,
 *   what {@linkcode systemError} makes of the reason.
 */
export function mapDescriptor(
  libc: Libc,
  action: string,
  descriptor: number,
  path: string,
  options: DescriptorOptions,
  release: () => void = () => {},
): MappedFile {
  const { size, physicalAddress, kind = "normal", name = path, offset = 0 } = options;
  checkOffset(libc, action, offset);
  const access = LINUX.PROT_READ | LINUX.PROT_WRITE;
  const address = libc.mmap(0, size, access, LINUX.MAP_SHARED, descriptor, offset);
  // All runtimes would build a buffer at MAP_FAILED without a word.
  if (address === -1) throw systemError(action, libc.errno());

  const closing = new AbortController();
  let memory: Memory;
  try {
    memory = bufferMemory({
      name,
      physicalAddress,
      kind,
      address,
      closed: closing.signal,
      buffer: libc.view(address, size),
    });
  } catch (cause) {
    libc.munmap(address, size);
    throw cause;
  }

  function close(): void {
    if (closing.signal.aborted) return;
    // Not munmap: an access to unmapped bytes is SIGSEGV, and their addresses would soon be those of
    // another mapping. No runtime can end every view of a buffer, so the addresses are never reused.
    const flags = LINUX.MAP_PRIVATE | LINUX.MAP_ANONYMOUS | LINUX.MAP_FIXED | LINUX.MAP_NORESERVE;
    if (libc.mmap(address, size, access, flags, -1, 0) === -1) {
      throw systemError(`Close the mapping of "${path}"`, libc.errno());
    }
    closing.abort();
    release();
  }
  return { path, memory, close, [Symbol.dispose]: close };
}

function checkOffset(libc: Libc, action: string, offset: number): void {
  const page = libc.sysconf(LINUX._SC_PAGESIZE);
  if (Number.isSafeInteger(offset) && offset >= 0 && offset % page === 0) return;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `${action}: offset ${offset} is not a multiple of the page size, ${page}`,
  );
}
