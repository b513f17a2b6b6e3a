import type { SharedWords } from "@openamp/libmetal";

/** How bytes are read and written, and what is done to a cache in between. */
export interface ByteAccess {
  /** Bytes. */
  readonly byteLength: number;
  /** Bytes of a line, or 1. */
  readonly lineSize: number;
  /** Reads bytes. */
  read(offset: number, length: number, target: Uint8Array, targetOffset: number): void;
  /** Writes bytes. */
  write(offset: number, source: Uint8Array, sourceOffset: number, length: number): void;
  /** Writes bytes of a range back to memory. */
  flush(offset: number, length: number): void;
  /** Drops cached bytes of a range. */
  invalidate(offset: number, length: number): void;
}

/**
 * Makes words of an access by bytes: little-endian, and no access more atomic than another, since
 * one thread makes them all.
 */
export function byteWords(access: ByteAccess): SharedWords {
  const cell = new Uint8Array(8);
  const view = new DataView(cell.buffer);

  function read(offset: number, width: 1 | 2 | 4): number {
    access.read(offset, width, cell, 0);
    if (width === 1) return view.getUint8(0);
    return width === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
  }

  function write(offset: number, width: 1 | 2 | 4, value: number): void {
    view.setUint32(0, value, true);
    access.write(offset, cell, 0, width);
  }

  function get64(offset: number): bigint {
    access.read(offset, 8, cell, 0);
    return view.getBigUint64(0, true);
  }

  function set64(offset: number, value: bigint): void {
    view.setBigUint64(0, value, true);
    access.write(offset, cell, 0, 8);
  }

  const get8 = (offset: number): number => read(offset, 1);
  const get16 = (offset: number): number => read(offset, 2);
  const get32 = (offset: number): number => read(offset, 4);
  const set8 = (offset: number, value: number): void => write(offset, 1, value);
  const set16 = (offset: number, value: number): void => write(offset, 2, value);
  const set32 = (offset: number, value: number): void => write(offset, 4, value);

  return {
    byteLength: access.byteLength,
    lineSize: access.lineSize,
    get8,
    get16,
    get32,
    get64,
    set8,
    set16,
    set32,
    set64,
    load8: get8,
    load16: get16,
    load32: get32,
    load64: get64,
    store8: set8,
    store16: set16,
    store32: set32,
    store64: set64,
    copyIn: (offset, source, sourceOffset, length) =>
      access.write(offset, source, sourceOffset, length),
    copyOut: (offset, target, targetOffset, length) =>
      access.read(offset, length, target, targetOffset),
    fill(offset, value, length) {
      access.write(offset, new Uint8Array(length).fill(value), 0, length);
    },
    view(offset, length) {
      const copy = new Uint8Array(length);
      access.read(offset, length, copy, 0);
      return copy;
    },
    flush: (offset, length) => access.flush(offset, length),
    invalidate: (offset, length) => access.invalidate(offset, length),
  };
}
