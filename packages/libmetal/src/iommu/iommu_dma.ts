import type { DeviceDma } from "../device/device_dma.ts";
import type { IommuDomain } from "./iommu_domain.ts";
import { type IovaAllocator, iovaAllocator } from "./iova_allocator.ts";

/**
 * How devices behind a domain reach memory: each mapping gets addresses of its own, and they end
 * with it. The same seam as VFIO's, where the kernel has the domain.
 *
 * @param domain The domain.
 * @param iovas Gives out its addresses. Default: all of its aperture.
 * @returns Maps memory; to be given to `dmaContext` as `iommu`.
 *
 * @example
 * ```ts
 * import { bufferMemory, dmaContext, iommuDma, iommuDomain, scatterList } from "@openamp/libmetal";
 *
 * const ddr = bufferMemory({ name: "ddr", physicalAddress: 0x80000000, buffer: new ArrayBuffer(8192) });
 * const domain = iommuDomain();
 * using dma = dmaContext({ name: "r5", iommu: iommuDma(domain) });
 * const mapping = dma.map(scatterList([{ memory: ddr, offset: 4096, length: 64 }]), "read");
 * const address = mapping.segments[0]?.address ?? 0;
 * if (domain.translate(address, 64, "read") !== 0x80001000) throw new Error("It leads there");
 * mapping.unmap();
 * if (domain.resolve(address, 64, "read") !== undefined) throw new Error("And nowhere any more");
 * ```
 */
export function iommuDma(
  domain: IommuDomain,
  iovas: IovaAllocator = iovaAllocator({ ...domain.aperture, granule: domain.pageSizes[0] ?? 0 }),
): DeviceDma {
  const granule = domain.pageSizes[0] ?? 0;
  return {
    granule,
    map({ memory, offset = 0, length = memory.size - offset, access, address: wanted }) {
      // So that pages of that size can be used.
      const large = Math.max(granule, ...domain.pageSizes.filter((size) => size <= length));
      let address = wanted;
      if (address === undefined) address = iovas.allocate(length, large);
      else iovas.reserve(address, length);
      const first = address;
      try {
        domain.map(first, memory, offset, length, access);
      } catch (thrown) {
        iovas.free(first);
        throw thrown;
      }
      let mapped = true;
      return {
        address: first,
        size: length,
        [Symbol.dispose]() {
          if (!mapped) return;
          mapped = false;
          domain.unmap(first, length);
          iovas.free(first);
        },
      };
    },
  };
}
