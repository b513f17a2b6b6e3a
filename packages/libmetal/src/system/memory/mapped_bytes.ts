import { MetalError } from "../../error.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";

/** What is mapped, and how. */
export interface MappedRange {
  /** The open file. */
  readonly descriptor: number;
  /** Where in the file the range starts: a multiple of `page`. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Bytes of a page of the file. */
  readonly page: number;
  /** Whether the bytes are to lie in a `SharedArrayBuffer`. */
  readonly sharedBuffer: boolean;
  /** Whether they may only be read. */
  readonly readOnly: boolean;
  /** What is to be done where there is no memory for it. */
  readonly hint: string | undefined;
}

/** Bytes that are mapped in this process. */
export interface MappedBytes {
  /** Where they are. */
  readonly address: number;
  /** The buffer over them. */
  readonly buffer: ArrayBufferLike;
  /** Where they start in the buffer. */
  readonly byteOffset: number;
  /** Ends the mapping, where nobody has seen its bytes yet. */
  unmap(): void;
  /**
   * Ends the mapping, and leaves zeros in its place for the views that are still there.
   *
   * @returns False where the operating system refuses; `errno` has the reason.
   */
  replace(): boolean;
}

/** Bytes of a page of WebAssembly. */
const WASM_PAGE = 0x10000;

/**
 * Maps a range of a file.
 *
 * @param libc The C library.
 * @param action What is attempted, on what.
 * @param range What is mapped.
 * @returns The bytes.
 * @throws {MetalError} What {@linkcode systemError} makes of the reason; `NO_SPACE` also where the
 *   runtime has no room for a `SharedArrayBuffer` of that length.
 */
export function mapBytes(libc: Libc, action: string, range: MappedRange): MappedBytes {
  const { descriptor, offset, length, sharedBuffer, readOnly } = range;
  const both = LINUX.PROT_READ | LINUX.PROT_WRITE;
  const access = readOnly ? LINUX.PROT_READ : both;
  const place = sharedBuffer ? sharedPlace(libc, action, range) : undefined;
  const flags = LINUX.MAP_SHARED | (place === undefined ? 0 : LINUX.MAP_FIXED);
  const address = libc.mmap(place?.address ?? 0, length, access, flags, descriptor, offset);
  // All runtimes would build a buffer at MAP_FAILED without a word.
  if (address === -1) {
    const errno = libc.errno();
    const hint = errno === LINUX.ENOMEM ? range.hint : undefined;
    throw systemError(action, errno, { hint });
  }

  function replace(): boolean {
    // Not munmap: an access to unmapped bytes is SIGSEGV, and their addresses would soon be those of
    // another mapping. No runtime can end every view of a buffer, so the addresses are never reused.
    const anonymous = LINUX.MAP_PRIVATE | LINUX.MAP_ANONYMOUS | LINUX.MAP_NORESERVE;
    return libc.mmap(address, length, both, anonymous | LINUX.MAP_FIXED, -1, 0) !== -1;
  }
  return {
    address,
    buffer: place?.buffer ?? libc.view(address, length),
    byteOffset: place?.byteOffset ?? 0,
    unmap() {
      if (place === undefined) libc.munmap(address, length);
      else replace();
    },
    replace,
  };
}

/**
 * Pages of a `SharedArrayBuffer` that a mapping may take the place of: those of a memory of
 * WebAssembly. Its pages are mapped for it alone, and unmapped when the last Worker that has it is
 * gone, however that ends. An ordinary `SharedArrayBuffer` comes from the engine's allocator, which
 * would hand the pages out again with the mapping of the file still in them (seen on all runtimes
 * when a Worker is terminated).
 */
function sharedPlace(
  libc: Libc,
  action: string,
  { length, page }: MappedRange,
): { readonly address: number; readonly buffer: ArrayBufferLike; readonly byteOffset: number } {
  // It starts at a page of the system, which is not a huge page.
  const slack = page > WASM_PAGE ? page : 0;
  const pages = Math.ceil((length + slack) / WASM_PAGE);
  let buffer: ArrayBufferLike;
  try {
    ({ buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
  } catch (cause) {
    const message = `${action}: no SharedArrayBuffer of ${pages * WASM_PAGE} bytes can be made`;
    throw new MetalError("NO_SPACE", message, { cause });
  }
  const start = libc.address(new Uint8Array(buffer));
  const address = Math.ceil(start / page) * page;
  return { address, buffer, byteOffset: address - start };
}
