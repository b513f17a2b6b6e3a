import { MetalError } from "../../../error.ts";

/** A base address register of a PCI device, as the kernel has laid it out. */
export interface PciResource {
  /** Its number: 0 to 5. */
  readonly index: number;
  /** Memory that can be mapped, or ports that are read and written by calls. */
  readonly kind: "memory" | "ports";
  /** The address of its first byte, or the number of its first port. */
  readonly start: number;
  /** Bytes, or ports. */
  readonly size: number;
}

/** Base address registers of a PCI device; the seventh line is its ROM, the others are bridges'. */
const REGISTERS = 6;

/** Flags of a resource (kernel: `linux/ioport.h`). */
const IORESOURCE_IO = 0x100;
const IORESOURCE_MEM = 0x200;

/**
 * Reads the file `resource` of a PCI device: a line of start, end and flags each (kernel:
 * Documentation/PCI/sysfs-pci).
 *
 * @param action What is attempted, on what.
 * @param text The file.
 * @returns Those that are in use.
 * @throws {MetalError} `INVALID_ARGUMENT` for what is no such file; `OUT_OF_RANGE` for an address
 *   beyond 2^53 - 1.
 */
export function parseResources(action: string, text: string): readonly PciResource[] {
  const lines = text.trimEnd().split("\n").slice(0, REGISTERS);
  return lines.flatMap((line, index): readonly PciResource[] => {
    const numbers = /^(0x[0-9a-f]+) (0x[0-9a-f]+) (0x[0-9a-f]+)$/i.exec(line)?.slice(1);
    const [start, end, flags] = numbers?.map(Number) ?? [];
    if (start === undefined || end === undefined || flags === undefined || end < start) {
      throw new MetalError(
        "INVALID_ARGUMENT",
        `${action}: line ${index + 1} of its resources is ${JSON.stringify(line.slice(0, 60))}`,
      );
    }
    const kind = kindOf(flags);
    // A register that is not in use is all zeros.
    if (kind === undefined) return [];
    if (!Number.isSafeInteger(end)) {
      throw new MetalError("OUT_OF_RANGE", `${action}: register ${index} is beyond 2^53 - 1`);
    }
    return [{ index, kind, start, size: end - start + 1 }];
  });
}

function kindOf(flags: number): PciResource["kind"] | undefined {
  if ((flags & IORESOURCE_MEM) !== 0) return "memory";
  return (flags & IORESOURCE_IO) === 0 ? undefined : "ports";
}
