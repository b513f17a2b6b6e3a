/** Bytes in one MiB. */
const MiB = 0x100000;

/** A range of memory of the board. */
export interface MemoryRange {
  /** Its name in the board's manual. */
  readonly name: string;
  /** The first physical address. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  /** True where the host maps the same bytes. */
  readonly shared: boolean;
  /** Where the figures come from. */
  readonly source: string;
}

/** A CMSDK UART of the board. */
export interface UartPlace {
  /** The physical address of its registers. */
  readonly address: number;
  /** The NVIC input of its receive interrupt. */
  readonly receiveIrq: number;
  /** The NVIC input of its transmit interrupt. */
  readonly transmitIrq: number;
  /** What this package uses it for. */
  readonly use: string;
  /** Where the figures come from. */
  readonly source: string;
}

/** The parts of the board that the host and the firmware must agree on. */
export interface Mps2An385MemoryMap {
  /** Private memory at the architecture's code address. */
  readonly ssram1: MemoryRange;
  /** Private memory: data and stacks that the host need not see. */
  readonly ssram23: MemoryRange;
  /** Shared memory: the image, and above it the pool. Its size is fixed by the board. */
  readonly psram: MemoryRange;
  /** Where the processor reads its stack pointer and reset vector: the start of `psram`. */
  readonly vectorTable: number;
  /** The top of `psram`, which the host hands out: rings and buffers. No image may lie here. */
  readonly pool: { readonly address: number; readonly size: number };
  /** What the firmware prints. */
  readonly consoleUart: UartPlace;
  /** One byte each way is one ring; the byte is the notify id. */
  readonly doorbellUart: UartPlace;
}

const appNote = "Arm DAI 0385, application note AN385, table 3-1 (memory map)";
const interrupts = "Arm DAI 0385, application note AN385, table 3-4 (interrupts)";

/**
 * The memory map of the MPS2 board with the AN385 image, as QEMU's `mps2-an385` has it
 * (`hw/arm/mps2.c`), and how this package divides it.
 *
 * @example
 * ```ts
 * import { mps2An385MemoryMap } from "@openamp/platform-qemu";
 *
 * const { psram, pool } = mps2An385MemoryMap;
 * if (pool.address + pool.size !== psram.address + psram.size) {
 *   throw new Error("The pool is the top of the shared memory");
 * }
 * ```
 */
export const mps2An385MemoryMap: Mps2An385MemoryMap = {
  ssram1: { name: "ssram1", address: 0x00000000, size: 4 * MiB, shared: false, source: appNote },
  ssram23: { name: "ssram23", address: 0x20000000, size: 4 * MiB, shared: false, source: appNote },
  psram: { name: "psram", address: 0x21000000, size: 16 * MiB, shared: true, source: appNote },
  vectorTable: 0x21000000,
  pool: { address: 0x21f00000, size: MiB },
  consoleUart: {
    address: 0x40004000,
    receiveIrq: 0,
    transmitIrq: 1,
    use: "console",
    source: interrupts,
  },
  doorbellUart: {
    address: 0x40005000,
    receiveIrq: 2,
    transmitIrq: 3,
    use: "doorbell",
    source: interrupts,
  },
};
