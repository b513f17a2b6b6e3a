import { loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";

/**
 * Opens the clock that all processes of a machine share, `CLOCK_MONOTONIC`: what upstream's
 * `metal_get_timestamp` reads on Linux. Stamps of different processes, runtimes and C programs can be
 * compared.
 *
 * @returns Gives the time in nanoseconds. It never goes back, and stands still while the machine is
 *   suspended.
 * @throws {MetalError} `UNSUPPORTED` where the C library cannot be reached.
 *
 * @example
 * ```ts
 * import { monotonicTimestamp } from "@openamp/libmetal/system";
 *
 * const timestamp = await monotonicTimestamp();
 * const before = timestamp();
 * if (timestamp() < before) throw new Error("It went back");
 * ```
 */
export async function monotonicTimestamp(): Promise<() => bigint> {
  const libc = await loadLibc();
  // struct timespec: seconds and nanoseconds, a 64-bit word each.
  const time = new BigInt64Array(2);
  const bytes = new Uint8Array(time.buffer);
  return () => {
    if (libc.clockGettime(LINUX.CLOCK_MONOTONIC, bytes) === -1) {
      throw systemError("Read CLOCK_MONOTONIC", libc.errno());
    }
    return time[0]! * 1_000_000_000n + time[1]!;
  };
}
