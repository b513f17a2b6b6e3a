import { MetalError } from "../error.ts";
import { type AddressRange, addressSpace, type AddressSpace } from "../memory/address_space.ts";
import type { Memory } from "../memory/memory.ts";
import { type IommuFaultOptions, iommuFaults } from "./iommu_fault.ts";
import type { IommuTranslation } from "./iommu_domain.ts";

/** What an identity domain is. */
export interface IdentityDomainOptions extends IommuFaultOptions {
  /** The name, for messages. Default `identity`. */
  readonly name?: string;
  /** The memories that there are. */
  readonly memories: readonly Memory[];
}

/**
 * Makes a domain that translates nothing: a device names physical addresses, and reaches every
 * memory that there is. In the kernel: `IOMMU_DOMAIN_IDENTITY`.
 *
 * @param options The memories, and who hears of faults.
 * @returns The domain.
 * @throws {MetalError} As `addressSpace`.
 *
 * @example
 * ```ts
 * import { bufferMemory, identityDomain } from "@openamp/libmetal";
 *
 * const ocm = bufferMemory({ name: "ocm", physicalAddress: 0xfffc0000, buffer: new ArrayBuffer(4096) });
 * const domain = identityDomain({ memories: [ocm] });
 * if (domain.translate(0xfffc0010, 4, "write") !== 0xfffc0010) throw new Error("The same address");
 * if (domain.resolve(0, 4, "read") !== undefined || domain.faults !== 1) throw new Error("None there");
 * ```
 */
export function identityDomain(options: IdentityDomainOptions): IommuTranslation {
  const { name = "identity", memories } = options;
  const space: AddressSpace = addressSpace(memories.flatMap(physicalRanges));
  const faults = iommuFaults(name, options);
  return {
    name,
    windows: space.windows,
    get faults() {
      return faults.count;
    },
    get lastFault() {
      return faults.last;
    },
    resolve(iova, length, access) {
      const window = space.resolve(iova, length, access);
      if (window === undefined) faults.report({ iova, length, access, reason: "unmapped" });
      return window;
    },
    translate(iova, length, access) {
      if (length > 0 && space.resolve(iova, length, access) !== undefined) return iova;
      faults.report({ iova, length, access, reason: "unmapped" });
      throw new MetalError(
        "FAULT",
        `Translate ${length} bytes at 0x${iova.toString(16)} in "${name}" to ${access}: unmapped`,
      );
    },
  };
}

/** The physical addresses of a memory, each range of them in one piece. */
function physicalRanges(memory: Memory): readonly AddressRange[] {
  const { name } = memory;
  const ranges: AddressRange[] = [];
  for (let offset = 0; offset < memory.size;) {
    const size = memory.physicalRun(offset);
    ranges.push({ name, address: memory.physicalAt(offset), memory, offset, size });
    offset += size;
  }
  return ranges;
}
