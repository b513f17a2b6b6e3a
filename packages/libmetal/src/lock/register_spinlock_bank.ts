import { MetalError } from "../error.ts";
import type { IoRegion } from "../io/io_region.ts";
import { hardwareSpinlockBank, type HardwareSpinlockBank } from "./hardware_spinlock.ts";

/** How the registers of a bank lie, and what they say. */
export interface RegisterSpinlockBankOptions {
  /** The registers: a region whose reads and writes reach the device. */
  readonly registers: IoRegion;
  /** Where the register of the first lock lies: bytes, a multiple of 4. Omap: 0x800. */
  readonly offset: number;
  /** Bytes from one register to the next, a multiple of 4. Default 4. */
  readonly stride?: number;
  /** How many locks there are. */
  readonly count: number;
  /** The number of the first. Default 0. */
  readonly baseId?: number;
  /** What a read gives that has taken the lock. Default 0. */
  readonly taken?: number;
  /** What is written to give it back. Default 0; Spreadtrum: 0x55aa10c5. */
  readonly release?: number;
}

/**
 * Makes a bank of registers of which a read takes the lock where it is free, and tells whether it
 * did, and a write gives it back: TI OMAP and AM6x, Allwinner, Spreadtrum
 * (`drivers/hwspinlock/omap_hwspinlock.c`, `sun6i_hwspinlock.c`, `sprd_hwspinlock.c`). Only reads and
 * writes of 32 bits are done, so the registers may be memory of kind `device`.
 *
 * @param options The registers.
 * @returns The bank.
 * @throws {MetalError} `OUT_OF_RANGE`, `MISALIGNED` where a register would lie beyond the region or
 *   across words; `INVALID_ARGUMENT` for the numbers.
 *
 * @example
 * ```ts
 * import { ioRegion, registerSpinlockBank } from "@openamp/libmetal";
 *
 * // The device, as the TRM has it: a read takes, a write of 0 gives back.
 * const taken = [0, 0];
 * const registers = ioRegion({
 *   name: "spinlock",
 *   physicalAddress: 0x30e00000,
 *   size: 0x808,
 *   widths: [4],
 *   operations: {
 *     read(offset) {
 *       const index = (offset - 0x800) / 4;
 *       const before = taken[index] ?? 1;
 *       taken[index] = 1;
 *       return before;
 *     },
 *     write: (offset, value) => void (taken[(offset - 0x800) / 4] = value),
 *   },
 * });
 *
 * const bank = registerSpinlockBank({ registers, offset: 0x800, count: 2 });
 * const lock = bank.request();
 * lock.lock();
 * if (taken[lock.id] !== 1) throw new Error("The device has it");
 * lock.unlock();
 * ```
 */
export function registerSpinlockBank(options: RegisterSpinlockBankOptions): HardwareSpinlockBank {
  const { registers, offset, stride = 4, count, baseId = 0, taken = 0, release = 0 } = options;
  const action = `Make a spinlock bank of "${registers.name}"`;
  if (offset % 4 !== 0 || stride % 4 !== 0) {
    throw new MetalError(
      "MISALIGNED",
      `${action}: offset ${offset} and stride ${stride} are not multiples of 4`,
    );
  }
  // Written so that NaN fails too.
  if (!(offset >= 0 && stride >= 4 && offset + (count - 1) * stride + 4 <= registers.size)) {
    throw new MetalError(
      "OUT_OF_RANGE",
      `${action}: ${count} registers, ${stride} bytes apart, from ${offset} on are beyond its ` +
        `${registers.size} bytes`,
    );
  }
  return hardwareSpinlockBank({
    name: registers.name,
    baseId,
    count,
    operations: {
      tryLock: (index) => registers.read32(offset + index * stride) === taken,
      unlock: (index) => registers.write32(offset + index * stride, release),
    },
  });
}
