import type { IoRegion } from "../../../io/io_region.ts";
import type { InterruptSwitch } from "../uio/uio_interrupt.ts";

/** Offsets and bits of the configuration space (PCI Local Bus Specification 3.0, section 6.2.2). */
export const PCI_COMMAND = 0x04;
/** The device may start transfers by itself. */
export const PCI_COMMAND_MASTER = 0x4;
/** The device must not raise its interrupt pin. */
export const PCI_COMMAND_INTX_DISABLE = 0x400;

/**
 * The switch of the interrupt pin of a PCI device: a bit of its command register. The driver
 * uio_pci_generic sets it at each event, and leaves it to the program to clear it (kernel: UIO
 * how-to, "Writing userspace driver using uio_pci_generic"); its device file has no switch.
 *
 * @param config The configuration space.
 * @returns The switch.
 */
export function pinSwitch(config: IoRegion): InterruptSwitch {
  return (on) => setCommand(config, PCI_COMMAND_INTX_DISABLE, !on);
}

/**
 * Lets a PCI device start transfers by itself, or keeps it from that: DMA and message-signalled
 * interrupts need it.
 *
 * @param config The configuration space.
 * @param on Whether it may.
 */
export function setBusMaster(config: IoRegion, on: boolean): void {
  setCommand(config, PCI_COMMAND_MASTER, on);
}

function setCommand(config: IoRegion, bit: number, on: boolean): void {
  const command = config.read16(PCI_COMMAND);
  config.write16(PCI_COMMAND, on ? command | bit : command & ~bit);
}
