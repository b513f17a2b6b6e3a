/** A type of the C side: `int`, a 64-bit `long`, `size_t`, `off_t` or address, or a pointer to bytes. */
export type ForeignType = "int" | "long" | "bytes";

/** What a foreign function takes for parameters of these types. */
export type ForeignArguments<Parameters extends readonly ForeignType[]> = {
  [Index in keyof Parameters]: Parameters[Index] extends "bytes" ? Uint8Array : number;
};

/** The C library, as one runtime's foreign function interface reaches it. */
export interface ForeignLibrary {
  /**
   * Finds a function by its name: the numbers of system calls differ from processor to processor.
   *
   * @param name The name of the symbol.
   * @param result What it returns.
   * @param parameters What it takes.
   * @returns The function. A call ends before it returns, and may set `errno`.
   */
  bind<const Parameters extends readonly ForeignType[]>(
    name: string,
    result: Exclude<ForeignType, "bytes">,
    parameters: Parameters,
  ): (...values: ForeignArguments<Parameters>) => number;
  /** The error number of the call before, which failed. */
  errno(): number;
  /**
   * A buffer over mapped bytes. It neither owns nor frees them.
   *
   * @param address Where they are.
   * @param length How many.
   */
  view(address: number, length: number): ArrayBuffer;
  /**
   * Where the bytes of an array lie, for a structure that holds pointers. They stay there as long as
   * the array is referenced: keep it, and everything that the structure points to, until the call
   * has returned.
   *
   * @param bytes The array, of one byte at least.
   */
  address(bytes: Uint8Array): number;
}

/** The C library of Linux distributions (glibc). */
export const LIBRARY = "libc.so.6";

/**
 * A foreign function whose 64-bit results are numbers: what is passed here are sizes, offsets and
 * addresses of processes, far below 2^53.
 *
 * @param symbol The function, as the runtime has made it.
 */
export function numeric(symbol: unknown): (...values: readonly (number | Uint8Array)[]) => number {
  if (typeof symbol !== "function") throw new TypeError("A foreign function is no function");
  return (...values) => Number(symbol(...values));
}

/**
 * Binds a function at its first call, so that a program pays only for those that it calls.
 *
 * @param library The library.
 * @param name The name of the symbol.
 * @param result What it returns.
 * @param parameters What it takes.
 * @returns The function.
 */
export function bindLazily<const Parameters extends readonly ForeignType[]>(
  library: ForeignLibrary,
  name: string,
  result: Exclude<ForeignType, "bytes">,
  parameters: Parameters,
): (...values: ForeignArguments<Parameters>) => number {
  let bound: ((...values: ForeignArguments<Parameters>) => number) | undefined;
  return (...values) => {
    bound ??= library.bind(name, result, parameters);
    return bound(...values);
  };
}
