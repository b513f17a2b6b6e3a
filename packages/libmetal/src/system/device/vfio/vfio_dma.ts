import type { DeviceDma, DeviceMappingOptions } from "../../../device/device_dma.ts";
import { MetalError } from "../../../error.ts";
import { mappedAddress } from "../../../memory/mapped_place.ts";
import type { Libc } from "../../libc/libc.ts";
import { LINUX } from "../../libc/linux.ts";
import { type ReleaseStack, releaseStack } from "../release_stack.ts";
import { tell } from "./ask.ts";
import { structure } from "./structure.ts";
import type { VfioContainer } from "./vfio_container.ts";
import { VFIO, VFIO_IOMMU_TYPE1_DMA_MAP, VFIO_IOMMU_TYPE1_DMA_UNMAP } from "./vfio_layouts.ts";

const FLAGS = {
  read: VFIO.VFIO_DMA_MAP_FLAG_READ,
  write: VFIO.VFIO_DMA_MAP_FLAG_WRITE,
  "read-write": VFIO.VFIO_DMA_MAP_FLAG_READ | VFIO.VFIO_DMA_MAP_FLAG_WRITE,
} as const;

/**
 * Lets a device reach memory through the IOMMU. What is mapped for one device of a bus, all of its
 * open VFIO devices reach: they are in one container.
 *
 * @param libc The C library.
 * @param title Which device, for messages.
 * @param container Its container.
 * @param opened What ends the mappings with the device.
 * @param begin Called before the first mapping: lets the device start transfers.
 */
export function vfioDma(
  libc: Libc,
  title: string,
  container: VfioContainer,
  opened: ReleaseStack,
  begin: () => void,
): DeviceDma {
  const { descriptor, granule, addresses } = container;
  const mapped = new Set<Disposable>();
  opened.push(() => {
    // All of them, also where one fails: the container may stay for other devices.
    const ends = releaseStack();
    for (const mapping of mapped) ends.push(() => mapping[Symbol.dispose]());
    ends.release();
  });

  return {
    granule,
    map(options) {
      const { memory, access, address } = options;
      const action = `Map memory "${memory.name}" for ${title}`;
      const { vaddr, size } = checkBytes(action, granule, options);
      const range = addresses.take(action, size, address);
      const { start: iova } = range;
      try {
        begin();
        const order = structure(VFIO_IOMMU_TYPE1_DMA_MAP, {
          flags: FLAGS[access],
          vaddr,
          iova,
          size,
        });
        tell(libc, action, descriptor, VFIO.VFIO_IOMMU_MAP_DMA, order, mapHint);
      } catch (cause) {
        range[Symbol.dispose]();
        throw cause;
      }
      const mapping = {
        address: iova,
        size,
        [Symbol.dispose]() {
          if (!mapped.delete(mapping)) return;
          const end = structure(VFIO_IOMMU_TYPE1_DMA_UNMAP, { iova, size });
          tell(libc, `End: ${action}`, descriptor, VFIO.VFIO_IOMMU_UNMAP_DMA, end);
          range[Symbol.dispose]();
        },
      };
      mapped.add(mapping);
      return mapping;
    },
  };
}

/** Where the bytes are, once it is known that they can be mapped. */
function checkBytes(
  action: string,
  granule: number,
  { memory, offset = 0, length = memory.size - offset, address = 0 }: DeviceMappingOptions,
): { readonly vaddr: number; readonly size: number } {
  if (!(offset >= 0 && length > 0 && offset + length <= memory.size)) {
    throw new MetalError(
      "OUT_OF_RANGE",
      `${action}: ${length} bytes from ${offset} are not within its ${memory.size} bytes`,
    );
  }
  const vaddr = mappedAddress(memory, offset);
  const places = [
    ["its address here", vaddr],
    ["the length", length],
    ["the address for the device", address],
  ] as const;
  for (const [what, value] of places) {
    if (value % granule === 0) continue;
    throw new MetalError(
      "MISALIGNED",
      `${action}: ${what}, 0x${value.toString(16)}, is not a multiple of the ${granule} bytes of a page`,
    );
  }
  return { vaddr, size: length };
}

function mapHint(errno: number): string | undefined {
  if (errno === LINUX.ENOMEM) {
    return "mapped memory is locked memory, and of that this user has no more: ulimit -l";
  }
  return errno === LINUX.EFAULT ? "its bytes cannot be locked in memory" : undefined;
}
