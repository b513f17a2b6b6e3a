import { type DeviceInterrupt, interruptSource } from "../../../device/device_interrupt.ts";
import { MetalError } from "../../../error.ts";
import type { Logger } from "../../../log/logger.ts";
import type { Libc } from "../../libc/libc.ts";
import { LINUX } from "../../libc/linux.ts";
import { systemError } from "../../libc/system_error.ts";
import { watchReadable } from "../../poll/watch_readable.ts";
import type { ReleaseStack } from "../release_stack.ts";
import { tell } from "./ask.ts";
import { member, structure } from "./structure.ts";
import { VFIO, VFIO_IRQ_INFO, VFIO_IRQ_SET } from "./vfio_layouts.ts";

/** How a PCI device interrupts: by its pin, or by messages, of which it has 32 or 2048 at most. */
export type PciInterruptKind = "intx" | "msi" | "msix";

/** Which interrupts of a device are used. */
export interface PciInterruptOptions {
  /** How it interrupts. Default: the first of `msix`, `msi` and `intx` that it has. */
  readonly kind?: PciInterruptKind;
  /** How many messages. Default 1. */
  readonly vectors?: number;
}

/** A device whose interrupts are opened. */
export interface VfioInterruptsOptions {
  /** What is attempted, on what. */
  readonly action: string;
  /** The file of the device. */
  readonly descriptor: number;
  /** How many kinds of interrupts it has. */
  readonly count: number;
  /** Which ones to use. */
  readonly wanted: PciInterruptOptions;
  /** Lets the device write messages, which are transfers. */
  readonly beginMessages: () => void;
  /** Takes a line where a handler throws. */
  readonly logger: Logger;
}

const INDEX: Readonly<Record<PciInterruptKind, number>> = {
  intx: VFIO.VFIO_PCI_INTX_IRQ_INDEX,
  msi: VFIO.VFIO_PCI_MSI_IRQ_INDEX,
  msix: VFIO.VFIO_PCI_MSIX_IRQ_INDEX,
};

/** Bytes of a counter, and of a descriptor in an order. */
const COUNTER = 8;
const DESCRIPTOR = 4;
const NOBODY = -1;

/**
 * Opens the interrupts of a PCI device: an eventfd each, which the kernel counts up. None comes
 * before it is enabled.
 *
 * @param libc The C library.
 * @param options The device.
 * @param opened What closes them.
 * @returns `intx`, or `msi0`, `msi1` and so on, or `msix0` and so on; none where it has none and
 *   none was asked for.
 * @throws {MetalError} `UNSUPPORTED` where it does not have what was asked for; `NO_SPACE` where no
 *   descriptors are left.
 */
export async function openVfioInterrupts(
  libc: Libc,
  options: VfioInterruptsOptions,
  opened: ReleaseStack,
): Promise<readonly DeviceInterrupt[]> {
  const { action, descriptor, wanted, logger } = options;
  const { kind, available } = choose(libc, options);
  if (kind === undefined) return [];
  const vectors = kind === "intx" ? 1 : (wanted.vectors ?? 1);
  if (!Number.isInteger(vectors) || vectors < 1 || vectors > available) {
    throw new MetalError(
      "UNSUPPORTED",
      `${action}: ${vectors} interrupts of kind ${kind} are asked for, and it has ${available}`,
    );
  }

  const index = INDEX[kind];
  const triggers = new Int32Array(vectors).fill(NOBODY);
  let installed = false;
  opened.push(() => {
    if (!installed) return;
    const flags = VFIO.VFIO_IRQ_SET_DATA_NONE | VFIO.VFIO_IRQ_SET_ACTION_TRIGGER;
    tell(libc, action, descriptor, VFIO.VFIO_DEVICE_SET_IRQS, irqSet({ flags, index }));
  });

  /** Says which eventfd a vector counts up: the first time of all of them, which lays out how many. */
  function setTrigger(vector: number, counter: number): void {
    triggers[vector] = counter;
    const flags = VFIO.VFIO_IRQ_SET_DATA_EVENTFD | VFIO.VFIO_IRQ_SET_ACTION_TRIGGER;
    const [start, count] = installed ? [vector, 1] : [0, vectors];
    const order = irqSet({ flags, index, start, count }, triggers.subarray(start, start + count));
    tell(libc, action, descriptor, VFIO.VFIO_DEVICE_SET_IRQS, order);
    installed = true;
  }

  function maskPin(mask: boolean): void {
    const act = mask ? VFIO.VFIO_IRQ_SET_ACTION_MASK : VFIO.VFIO_IRQ_SET_ACTION_UNMASK;
    const flags = VFIO.VFIO_IRQ_SET_DATA_NONE | act;
    const order = irqSet({ flags, index, start: 0, count: 1 });
    tell(libc, action, descriptor, VFIO.VFIO_DEVICE_SET_IRQS, order);
  }

  async function openVector(vector: number): Promise<DeviceInterrupt> {
    const counter = libc.eventfd(0, LINUX.EFD_CLOEXEC | LINUX.EFD_NONBLOCK);
    if (counter === -1) throw systemError(action, libc.errno());
    opened.push(() => libc.close(counter));
    const pin = kind === "intx";
    const source = interruptSource({
      name: pin ? "intx" : `${kind}${vector}`,
      logger,
      enable() {
        if (!pin) options.beginMessages();
        if (!pin || !installed) setTrigger(vector, counter);
        else maskPin(false);
      },
      disable() {
        if (!installed) return;
        if (pin) maskPin(true);
        else setTrigger(vector, NOBODY);
      },
      // The kernel masks the pin at each event, since it stays up until the cause is removed.
      acknowledge: () => (pin && installed ? maskPin(false) : undefined),
    });
    // Two words, since a 64-bit one would be allocated for each event.
    const events = new Uint32Array(2);
    const bytes = new Uint8Array(events.buffer);
    const watch = await watchReadable(counter, () => {
      if (libc.read(counter, bytes, COUNTER) !== COUNTER) return;
      source.raise(events[0]! + events[1]! * 2 ** 32);
    });
    opened.push(() => watch[Symbol.dispose]());
    return source.interrupt;
  }

  const interrupts: DeviceInterrupt[] = [];
  for (let vector = 0; vector < vectors; vector++) interrupts.push(await openVector(vector));
  return interrupts;
}

function choose(
  libc: Libc,
  { action, descriptor, count, wanted }: VfioInterruptsOptions,
): { readonly kind: PciInterruptKind | undefined; readonly available: number } {
  const kinds: readonly PciInterruptKind[] = wanted.kind ? [wanted.kind] : ["msix", "msi", "intx"];
  for (const kind of kinds) {
    const index = INDEX[kind];
    if (index >= count) continue;
    const info = structure(VFIO_IRQ_INFO, { index });
    tell(libc, action, descriptor, VFIO.VFIO_DEVICE_GET_IRQ_INFO, info);
    const eventfd = member(VFIO_IRQ_INFO, info, "flags") & VFIO.VFIO_IRQ_INFO_EVENTFD;
    const available = member(VFIO_IRQ_INFO, info, "count");
    if (eventfd !== 0 && available > 0) return { kind, available };
  }
  if (wanted.kind === undefined) return { kind: undefined, available: 0 };
  throw new MetalError("UNSUPPORTED", `${action}: it has no interrupts of kind ${wanted.kind}`);
}

function irqSet(
  values: {
    readonly flags: number;
    readonly index: number;
    readonly start?: number;
    readonly count?: number;
  },
  descriptors: Int32Array = new Int32Array(),
): Uint8Array {
  const order = structure(VFIO_IRQ_SET, values, descriptors.length * DESCRIPTOR);
  const data = new DataView(order.buffer, VFIO_IRQ_SET.size);
  descriptors.forEach((descriptor, at) => data.setInt32(at * DESCRIPTOR, descriptor, true));
  return order;
}
