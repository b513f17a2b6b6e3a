import { MetalError } from "../error.ts";
import type { Memory } from "../memory/memory.ts";
import type { Futex } from "./futex.ts";
import { MOST_TID, type ThreadIdentity } from "./thread_identity.ts";

/** Milliseconds that a lock is waited for, where nothing else is said. */
export const LOCK_TIMEOUT = 5000;

/** Where a lock lies, and who this thread is to it. */
export interface LockPlace {
  /**
   * The memory, of kind `normal`. Its bytes at the place are zero before the first use.
   *
   * Every processor that shares it must have compare-and-exchange that is atomic against the others:
   * no lock can be shared with the guest of QEMU's mps2-an385, whose LDREX and STREX are not.
   */
  readonly memory: Memory;
  /** Sleeps on its words: `atomicsFutex(memory)`, or `openFutex(memory)` between processes. */
  readonly futex: Futex;
  /** This thread. */
  readonly identity: ThreadIdentity;
  /** Bytes from the start of the memory: a multiple of 8. */
  readonly offset: number;
}

/**
 * Refuses a place where no lock can be.
 *
 * @param place The place.
 * @param name What is to lie there.
 * @param size Bytes of it.
 * @returns What it is called in messages.
 * @throws {MetalError} `UNSUPPORTED` for memory of kind `device`; `MISALIGNED`, `OUT_OF_RANGE`,
 *   `INVALID_ARGUMENT`; `CLOSED`.
 */
export function checkPlace(
  { memory, futex, identity, offset }: LockPlace,
  name: string,
  size: number,
): string {
  const what = `the ${name} at ${offset} of "${memory.name}"`;
  if (futex.closed) throw new MetalError("CLOSED", `Place ${what}: the memory is closed`);
  if (memory.kind === "device") {
    throw new MetalError(
      "UNSUPPORTED",
      `Place ${what}: device memory takes no atomic access; a HardwareSpinlock does`,
    );
  }
  const { mapping } = memory;
  const { words } = futex;
  if (
    mapping === undefined ||
    mapping.buffer !== words.buffer ||
    mapping.byteOffset !== words.byteOffset
  ) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Place ${what}: its futex is of "${futex.name}", which is other memory`,
    );
  }
  // Written so that NaN fails too.
  if (!(offset >= 0 && offset + size <= memory.size)) {
    throw new MetalError(
      "OUT_OF_RANGE",
      `Place ${what}: it takes ${size} bytes, and the memory has ${memory.size}`,
    );
  }
  if (offset % 8 !== 0) {
    throw new MetalError("MISALIGNED", `Place ${what}: not a multiple of 8`);
  }
  const { tid, startTime } = identity;
  if (!Number.isInteger(tid) || tid < 1 || tid > MOST_TID || !isWord(startTime)) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Place ${what}: thread ${tid} of start time ${startTime} is not within 1 to 2^30 - 1 ` +
        "and 0 to 2^32 - 1",
    );
  }
  return what;
}

function isWord(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}
