import { LIBRARY, numeric, type ForeignLibrary } from "./foreign.ts";

const TYPES = { int: "i32", long: "i64", bytes: "buffer" } as const;

/**
 * Reaches the C library from Deno.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
 */
export function openLibrary(): ForeignLibrary {
  const { __errno_location: errnoLocation } = Deno.dlopen(LIBRARY, {
    __errno_location: { parameters: [], result: "pointer" },
  }).symbols;
  return {
    bind(name, result, parameters) {
      const { symbols } = Deno.dlopen(LIBRARY, {
        [name]: { parameters: parameters.map((type) => TYPES[type]), result: TYPES[result] },
      });
      return numeric(symbols[name]);
    },
    errno() {
      const location = errnoLocation();
      return location === null ? 0 : new Deno.UnsafePointerView(location).getInt32();
    },
    view(address, length) {
      const pointer = Deno.UnsafePointer.create(BigInt(address));
      if (pointer === null) throw new TypeError("No bytes are at the null pointer");
      return Deno.UnsafePointerView.getArrayBuffer(pointer, length);
    },
    address(bytes) {
      // Its types leave shared buffers out; it takes them all the same.
      const pointer = Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>);
      return Number(Deno.UnsafePointer.value(pointer));
    },
  };
}
