import { dlopen, FFIType, ptr, read, toArrayBuffer } from "bun:ffi";
import { LIBRARY, numeric, type ForeignLibrary } from "./foreign.ts";

const TYPES = { int: FFIType.i32, long: FFIType.i64_fast, bytes: FFIType.ptr } as const;

/** Reaches the C library from Bun. */
export function openLibrary(): ForeignLibrary {
  const { __errno_location: errnoLocation } = dlopen(LIBRARY, {
    __errno_location: { returns: FFIType.ptr },
  }).symbols;
  return {
    bind(name, result, parameters) {
      const { symbols } = dlopen(LIBRARY, {
        [name]: { returns: TYPES[result], args: parameters.map((type) => TYPES[type]) },
      });
      return numeric(symbols[name]);
    },
    errno() {
      const location = errnoLocation();
      return location === null ? 0 : read.i32(location);
    },
    view: (address, length) => toArrayBuffer(address, 0, length),
    address: (bytes) => ptr(bytes),
  };
}
