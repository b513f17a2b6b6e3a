import type { DeviceInterrupt } from "../../../device/device_interrupt.ts";
import { interruptSource } from "../../../device/device_interrupt.ts";
import { MetalError } from "../../../error.ts";
import { type Logger, LogLevel } from "../../../log/logger.ts";
import type { Libc } from "../../libc/libc.ts";
import { LINUX } from "../../libc/linux.ts";
import { systemError } from "../../libc/system_error.ts";
import { watchReadable } from "../../poll/watch_readable.ts";

/** Switches the interrupt of a device on or off. */
export type InterruptSwitch = (on: boolean) => void;

/** What {@linkcode openUioInterrupt} needs. */
export interface UioInterruptOptions {
  /** What is attempted, on what. */
  readonly action: string;
  /** The name of the interrupt. */
  readonly name: string;
  /** The device file, opened with `O_NONBLOCK`. */
  readonly descriptor: number;
  /** The count of events before the file was opened. */
  readonly before: number;
  /** How the interrupt is switched. */
  readonly control: InterruptSwitch;
  /** Takes a line where a handler throws, or the device goes away. */
  readonly logger: Logger;
}

/** The interrupt of a UIO device, and the end of watching it. */
export interface UioInterrupt extends Disposable {
  /** What the driver of the device sees. */
  readonly interrupt: DeviceInterrupt;
}

/**
 * Watches the interrupt of a UIO device. The kernel counts its events; each read gives the count as
 * it is, so that the difference tells how many came together (kernel: UIO how-to, "Reading /dev/uioX").
 *
 * @param libc The C library.
 * @param options The device file.
 * @returns The interrupt, or undefined where the device has none.
 * @throws {MetalError} `UNSUPPORTED` where descriptors cannot be watched; `SYSTEM` where the file
 *   cannot be read.
 */
export async function openUioInterrupt(
  libc: Libc,
  options: UioInterruptOptions,
): Promise<UioInterrupt | undefined> {
  const { action, name, descriptor, control, logger } = options;
  const count = new Uint32Array(1);
  const bytes = new Uint8Array(count.buffer);
  let last = options.before;

  const { interrupt, raise } = interruptSource({
    name,
    logger,
    enable: () => control(true),
    disable: () => control(false),
    // Its kernel part masks the line at each event: to arm it again is to switch it on.
    acknowledge: () => control(true),
  });

  /** Takes what came, and gives the error number where there is nothing to take. */
  function take(): number {
    const taken = libc.read(descriptor, bytes, 4);
    if (taken === -1) return libc.errno();
    if (taken !== 4) return LINUX.EIO;
    // The kernel's counter wraps at 32 bits.
    const events = (count[0]! - last) >>> 0;
    last = count[0]!;
    if (events > 0) raise(events);
    return 0;
  }

  const first = take();
  if (first === LINUX.EIO) return undefined;
  if (first !== 0 && first !== LINUX.EAGAIN) throw systemError(action, first);
  const watch = await watchReadable(descriptor, (event) => {
    const errno = take();
    if (event !== "readable" || errno === LINUX.EIO) {
      logger.log(LogLevel.error, `interrupt ${name}: the device is gone`);
    }
  });
  return { interrupt, [Symbol.dispose]: () => watch[Symbol.dispose]() };
}

/**
 * The switch that a UIO driver has: a 4-byte write of 1 or 0 to the device file (kernel:
 * `irqcontrol` of `struct uio_info`).
 *
 * @param libc The C library.
 * @param descriptor The device file.
 * @param device The name of the device, for messages.
 * @param driver The name of its driver.
 * @returns The switch. It throws `UNSUPPORTED` where the driver has none, or the device no
 *   interrupt.
 */
export function irqControl(
  libc: Libc,
  descriptor: number,
  device: string,
  driver: string,
): InterruptSwitch {
  const order = new Int32Array(1);
  const bytes = new Uint8Array(order.buffer);
  return (on) => {
    const action = `Switch the interrupt of device "${device}" ${on ? "on" : "off"}`;
    order[0] = on ? 1 : 0;
    if (libc.write(descriptor, bytes, 4) === 4) return;
    const errno = libc.errno();
    if (errno === LINUX.ENOSYS) {
      throw new MetalError(
        "UNSUPPORTED",
        `${action}: the driver "${driver}" has no switch for it (no irqcontrol)`,
      );
    }
    if (errno === LINUX.EIO) {
      throw new MetalError("UNSUPPORTED", `${action}: the device has no interrupt, or is gone`);
    }
    throw systemError(action, errno);
  };
}
