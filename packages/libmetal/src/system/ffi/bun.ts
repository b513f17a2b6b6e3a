import { dlopen, FFIType, read, toArrayBuffer, type Pointer } from "bun:ffi";
import { LIBRARY, type ForeignLibrary } from "./foreign.ts";

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
      const call = symbols[name] as unknown as (...values: unknown[]) => number | bigint;
      return (...values) => Number(call(...values));
    },
    errno() {
      const location = errnoLocation();
      return location === null ? 0 : read.i32(location);
    },
    view: (address, length) => toArrayBuffer(address as Pointer, 0, length),
  };
}
