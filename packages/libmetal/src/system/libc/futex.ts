import { arch } from "node:process";
import { MetalError } from "../../error.ts";
import type { ForeignLibrary } from "../ffi/foreign.ts";

/** The numbers of calls that the C library has no names for. */
interface CallNumbers {
  readonly futex: number;
  readonly futexWaitv: number;
}

/**
 * The numbers by processor, as `process.arch` names it. Here only: everything else is called by its
 * name. A test holds the rows against the headers that are at hand.
 */
export const FUTEX_NUMBERS: Readonly<Record<string, CallNumbers>> = {
  // asm/unistd_64.h
  x64: { futex: 202, futexWaitv: 449 },
  // asm-generic/unistd.h
  arm64: { futex: 98, futexWaitv: 449 },
  riscv64: { futex: 98, futexWaitv: 449 },
};

/** `<linux/futex.h>`: calls without a name in the C library, through its `syscall`. */
export interface Futex {
  /**
   * futex(2), without the private flag: the word may be another process's as well.
   *
   * @returns What it returns; -1 where it failed, with `errno`.
   */
  readonly futex: (
    address: number,
    operation: number,
    value: number,
    timeout: Uint8Array,
  ) => number;
  /**
   * futex_waitv(2): sleeps on several words, until a moment of `CLOCK_MONOTONIC`.
   *
   * @returns The index of a word that was woken; -1 where it failed, with `errno`.
   */
  readonly futexWaitv: (
    waiters: Uint8Array,
    count: number,
    timeout: Uint8Array,
    clock: number,
  ) => number;
}

/** Binds the calls of `<linux/futex.h>`. */
export function futex(library: ForeignLibrary): Futex {
  function bound(): {
    readonly numbers: CallNumbers;
    readonly wait: (...values: [number, number, number, number, Uint8Array]) => number;
    readonly waitv: (...values: [number, Uint8Array, number, number, Uint8Array, number]) => number;
  } {
    const numbers = FUTEX_NUMBERS[arch];
    if (numbers === undefined) {
      throw new MetalError("UNSUPPORTED", `Futexes: their call number on ${arch} is not known`);
    }
    return {
      numbers,
      wait: library.bind("syscall", "long", ["long", "long", "long", "long", "bytes"]),
      waitv: library.bind("syscall", "long", ["long", "bytes", "long", "long", "bytes", "long"]),
    };
  }
  let calls: ReturnType<typeof bound> | undefined;
  return {
    futex(address, operation, value, timeout) {
      calls ??= bound();
      return calls.wait(calls.numbers.futex, address, operation, value, timeout);
    },
    futexWaitv(waiters, count, timeout, clock) {
      calls ??= bound();
      return calls.waitv(calls.numbers.futexWaitv, waiters, count, 0, timeout, clock);
    },
  };
}
