import { ioRegion, type IoRegion } from "@openamp/libmetal";

/** How a model of a spinlock device is made. */
export interface SpinlockDeviceOptions {
  /** How many locks it has. Default 32. */
  readonly count?: number;
  /** What has to be written to give one back. Default 0. */
  readonly release?: number;
}

/** A model of a spinlock device. */
export interface SpinlockDevice {
  /** Its registers. Every processor has the same. */
  readonly registers: IoRegion;
  /** Where the register of the first lock lies. */
  readonly offset: number;
  /** Whether a lock is taken, which a read of its register could not tell without taking it. */
  isTaken(index: number): boolean;
}

/** As on OMAP and AM6x. */
const OFFSET = 0x800;
const SYSSTATUS = 0x14;

/**
 * Makes a model of a spinlock device like TI's: a read of a register takes the lock and gives 0 where
 * it was free, or else 1; a write of the right value gives it back. Registers of 32 bits only. Banks
 * over it that are made apart are processors that share it.
 *
 * @param options How many locks it has.
 * @returns The device, with all locks free.
 *
 * @example
 * ```ts
 * import { registerSpinlockBank } from "@openamp/libmetal";
 * import { spinlockDevice } from "@openamp/testing";
 *
 * const device = spinlockDevice();
 * const [ours, theirs] = [1, 2].map(() => registerSpinlockBank({ ...device, count: 32 }).request());
 * if (ours?.tryLock() !== true || theirs?.tryLock() !== false) throw new Error("One has it");
 * ```
 */
export function spinlockDevice(options: SpinlockDeviceOptions = {}): SpinlockDevice {
  const { count = 32, release = 0 } = options;
  const taken = new Uint8Array(count);
  const indexOf = (at: number): number => (at - OFFSET) / 4;
  const registers = ioRegion({
    name: "spinlock",
    physicalAddress: 0x30e00000,
    size: OFFSET + count * 4,
    widths: [4],
    operations: {
      read(at) {
        if (at === SYSSTATUS) return (count / 32) * 2 ** 24;
        const index = indexOf(at);
        const before = taken[index] ?? 0;
        if (index >= 0) taken[index] = 1;
        return before;
      },
      write(at, value) {
        if (value === release) taken[indexOf(at)] = 0;
      },
    },
  });
  return { registers, offset: OFFSET, isTaken: (index) => taken[index] === 1 };
}
