import type { DeviceAccess, DeviceDma } from "../device/device_dma.ts";
import { MetalError } from "../error.ts";
import type { AddressSpace } from "../memory/address_space.ts";
import { checkLines } from "./cache_lines.ts";
import { type DmaMapping, mapping } from "./dma_mapping.ts";
import { type DmaObserver, type DmaOwnership, dmaOwnership } from "./dma_ownership.ts";
import {
  type Addressing,
  busAddressing,
  type DmaLimits,
  type DmaSegment,
  iommuAddressing,
  physicalAddressing,
  segmentsWithin,
} from "./dma_segments.ts";
import { checkLimits, type ScatterList } from "./scatter_list.ts";

/** What a device is, for those who map memory for it. */
export interface DmaContextOptions {
  /** The name of the device, for messages. */
  readonly name: string;
  /** What it can take. Default: anything. */
  readonly limits?: DmaLimits;
  /** The addresses of its bus. Default: the physical ones. */
  readonly addresses?: AddressSpace | undefined;
  /**
   * The IOMMU that it is behind, which makes addresses of their own for each mapping: `device.dma`.
   * Default: none.
   */
  readonly iommu?: DeviceDma | undefined;
  /** Which bytes are mapped: to be shared with devices of the same memories. Default: its own. */
  readonly ownership?: DmaOwnership;
  /** Hears who may touch which bytes. */
  readonly observer?: DmaObserver;
}

/** Maps memory for a device, and takes it back. Disposing unmaps what is left. */
export interface DmaContext extends Disposable {
  /** The name of the device. */
  readonly name: string;
  /** Mappings that were not unmapped yet. */
  readonly mapped: number;
  /**
   * Hands bytes to the device: written back from the cache, so that the device reads what we wrote,
   * and so that no line of ours is written over what the device writes. Upstream: `metal_dma_map`,
   * which throws away what a device is to read.
   *
   * Until it is unmapped, the processor must not write the bytes, nor read those that the device may
   * write; `syncForCpu` and `syncForDevice` hand them to and fro.
   *
   * @param list The bytes.
   * @param access What the device does with them: `read` is upstream's `METAL_DMA_DEV_R`, `write`
   *   `DEV_W`, `read-write` `DEV_WR`.
   * @returns The addresses for the device, and the way back.
   * @throws {MetalError} `INVALID_ARGUMENT` for an empty list; `MISALIGNED` where the device may
   *   write a part of a cache line, or where an IOMMU has to map a part of a page; `BUSY` where
   *   bytes are mapped already and not all who have them only read; `FAULT` where the device has no
   *   address for them; `OUT_OF_RANGE`, `NO_SPACE` where its limits do not allow it.
   */
  map(list: ScatterList, access: DeviceAccess): DmaMapping;
}

/**
 * Makes a context for a device.
 *
 * @param options The device, and how it reaches memory.
 * @returns The context, with nothing mapped.
 * @throws {MetalError} `INVALID_ARGUMENT` for limits that nothing can keep, and for a bus and an
 *   IOMMU together.
 *
 * @example
 * ```ts
 * import { bufferMemory, dmaContext, scatterList } from "@openamp/libmetal";
 *
 * const ddr = bufferMemory({ name: "ddr", physicalAddress: 0x1000, buffer: new ArrayBuffer(4096) });
 * using dma = dmaContext({ name: "ethernet", limits: { maximumAddress: 0xffffffff } });
 * const list = scatterList([{ memory: ddr, offset: 64, length: 128 }]);
 * const frame = dma.map(list, "write");
 * const [segment] = frame.segments;
 * if (segment?.address !== 0x1040) throw new Error("This is what its descriptor names");
 * // … the device writes and interrupts …
 * frame.unmap();
 * list.readBlock(0, new Uint8Array(128));
 * ```
 */
export function dmaContext(options: DmaContextOptions): DmaContext {
  const { name, limits = {}, addresses, iommu, observer } = options;
  const ownership = options.ownership ?? dmaOwnership();
  checkLimits(limits);
  const { maximumAddress = 0, maximumSegments = 1 } = limits;
  if (!(maximumAddress >= 0 && maximumSegments >= 1)) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Make a DMA context for "${name}": ${maximumSegments} segments up to ${maximumAddress}`,
    );
  }
  if (addresses !== undefined && iommu !== undefined) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `Make a DMA context for "${name}": its addresses are those of a bus or of an IOMMU, not both`,
    );
  }
  const fixed = addresses === undefined ? physicalAddressing : busAddressing(addresses);
  const live = new Set<DmaMapping>();

  function map(list: ScatterList, access: DeviceAccess): DmaMapping {
    const attempt = `Map ${list.length} bytes for "${name}" to ${access}`;
    if (list.length === 0) throw new MetalError("INVALID_ARGUMENT", `${attempt}: there are none`);
    if (access !== "read") for (const entry of list.entries) checkLines(attempt, entry);
    const made: Disposable[] = [];
    try {
      for (const entry of list.entries) made.push(ownership.take(attempt, entry, access));
      const reach = iommu === undefined ? fixed : iommuAddressing(iommu, access, made);
      const segments = segmentsWithin(attempt, runsOf(attempt, list, reach), limits);
      const mapped: DmaMapping = mapping({
        attempt: `the mapping of ${list.length} bytes for "${name}"`,
        list,
        access,
        segments,
        observer,
        release() {
          live.delete(mapped);
          disposeAll(made);
        },
      });
      live.add(mapped);
      return mapped;
    } catch (thrown) {
      disposeAll(made);
      throw thrown;
    }
  }

  return {
    name,
    get mapped() {
      return live.size;
    },
    map,
    [Symbol.dispose]() {
      disposeAll([...live]);
    },
  };
}

function runsOf(attempt: string, list: ScatterList, reach: Addressing): readonly DmaSegment[] {
  return list.entries.flatMap((entry) => reach(attempt, entry));
}

/** Disposes of all, the last first, also behind one that throws. */
function disposeAll(all: readonly Disposable[]): void {
  let failed = false;
  let failure: unknown;
  for (let index = all.length - 1; index >= 0; index--) {
    try {
      all[index]?.[Symbol.dispose]();
    } catch (thrown) {
      failure = failed ? failure : thrown;
      failed = true;
    }
  }
  if (failed) throw failure;
}
