import { MetalError } from "../../error.ts";
import { ioRegion } from "../../io/custom_region.ts";
import type { IoRegion } from "../../io/io_region.ts";
import type { Libc } from "../libc/libc.ts";
import { systemError } from "../libc/system_error.ts";
import type { OpenFile } from "./open_file.ts";

/** A part of a file that is read and written by pread(2) and pwrite(2). */
export interface DescriptorRegionOptions {
  /** The name, for messages and look-ups. */
  readonly name: string;
  /** The physical address of the first byte; 0 where it has none. */
  readonly physicalAddress: number;
  /** Bytes. */
  readonly size: number;
  /** Where the region starts in the file. */
  readonly offset: number;
  /** Whether it may be written. */
  readonly writable: boolean;
}

/**
 * Makes a region over a file of the kernel, such as a configuration space: each access is one system
 * call of its width.
 *
 * @param libc The C library.
 * @param file The file.
 * @param options Its place.
 * @returns The region. Its accesses throw `CLOSED` after the file was closed, `READ_ONLY` for a
 *   write where none is allowed, and what {@linkcode systemError} makes of a refusal.
 */
export function descriptorRegion(
  libc: Libc,
  { descriptor, closed }: OpenFile,
  options: DescriptorRegionOptions,
): IoRegion {
  const { name, physicalAddress, size, offset: start, writable } = options;
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);

  function transferred(action: string, count: number, offset: number, width: number): void {
    if (count === width) return;
    const what = `${action} ${width} bytes at offset ${offset} of "${name}"`;
    if (count === -1) throw systemError(what, libc.errno());
    throw new MetalError("SYSTEM", `${what}: the kernel took ${count} bytes only`);
  }

  function read(offset: number, width: number): number {
    view.setUint32(0, 0);
    transferred("Read", libc.pread(descriptor, bytes, width, start + offset), offset, width);
    return view.getUint32(0, true);
  }

  function write(offset: number, value: number, width: number): void {
    view.setUint32(0, value, true);
    transferred("Write", libc.pwrite(descriptor, bytes, width, start + offset), offset, width);
  }

  const operations = writable ? { read, write } : { read };
  return ioRegion({ name, physicalAddress, size, operations, closed });
}
