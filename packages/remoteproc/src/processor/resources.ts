import type { AddressWindow } from "@openamp/libmetal";
import { splitRingLayout, type VirtioDriverTransport } from "@openamp/virtio";

import { type Carveout, CarveoutAllocator, type DeviceRange } from "../carveout/carveout.ts";
import type { LoadedImage, ProcessorResources, TablePlace } from "../driver/processor_driver.ts";
import { RemoteprocError } from "../error.ts";
import { hex } from "../hex.ts";
import type { CarveoutEntry, ResourceEntry, TraceEntry, VdevEntry } from "../resource/entry.ts";
import { assignNotifyIds, NotifyIds, type VdevNotifyIds } from "../resource/notify_ids.ts";
import { parseResourceTable } from "../resource/parse.ts";
import { FW_RSC_ADDR_ANY, FW_RSC_CARVEOUT } from "../resource/wire.ts";
import { type TraceBuffer, traceBuffer } from "../trace/trace_buffer.ts";
import { tableDriverTransport } from "../transport/table_driver_transport.ts";

/** Bytes on which the kernel aligns memory that it hands out: a page. */
const CARVEOUT_ALIGN = 4096;

/** A virtio device that the firmware offers. */
export interface RemoteprocVdev {
  /** Its name: `virtio0`. */
  readonly name: string;
  /** Its type (`VirtioDeviceId`). */
  readonly deviceId: number;
  /** The driver's way to it. */
  readonly transport: VirtioDriverTransport;
  /**
   * Memory for its buffers: the carveout `vdev<N>buffer` of the table, or from the platform's pool.
   *
   * @param size Bytes that would be enough; the pool may have less.
   * @returns The memory.
   * @throws {RemoteprocError} `MEMORY_FULL` where the pool is empty.
   */
  buffers(size: number): Carveout;
}

/** What an image's resource table asked for, given. */
export interface RemoteprocResources {
  /** The virtio devices, in the order of the table. */
  readonly vdevs: readonly RemoteprocVdev[];
  /** The trace buffers, in the order of the table. */
  readonly traces: readonly TraceBuffer[];
  /** The memory that the host handed out. */
  readonly carveouts: readonly Carveout[];
}

/**
 * Reads the live resource table and gives it what it asks for: carveouts, rings, notify ids. In the
 * kernel: `rproc_handle_resources`.
 *
 * @param image The loaded image.
 * @param resources The memories of the processor.
 * @returns What was given; nothing where the image has no table.
 * @throws {RemoteprocError} What `parseResourceTable` and `assignNotifyIds` throw; `MEMORY_FULL`;
 *   `SEGMENT_OUTSIDE_MEMORY` where the table names memory that the processor has not.
 */
export function setUpResources(
  image: LoadedImage,
  resources: ProcessorResources,
): RemoteprocResources {
  const place = image.resourceTable;
  if (place === undefined) return { vdevs: [], traces: [], carveouts: [] };
  const table = findTable(image, place, resources);
  const { entries } = parseResourceTable(table.bytes, { name: image.name });
  const allocator = new CarveoutAllocator(resources, entries.flatMap(fixedRanges));
  const named = entries
    .filter((entry) => entry.type === "carveout")
    .map((entry) => placeCarveout(image, entry, table, resources, allocator));
  const vdevEntries = entries.filter((entry) => entry.type === "vdev");
  const ids = assignNotifyIds(new NotifyIds(), vdevEntries);
  const vdevs = vdevEntries.map((entry, index) =>
    placeVdev(entry, index, ids[index]!, { image, table, resources, allocator, named }),
  );
  const traces = entries
    .filter((entry) => entry.type === "trace")
    .map((entry) => placeTrace(image, entry, resources));
  return {
    vdevs,
    traces,
    get carveouts() {
      return [...named, ...allocator.list.filter((each) => !named.includes(each))];
    },
  };
}

interface LiveTable {
  readonly window: AddressWindow;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface SetUp {
  readonly image: LoadedImage;
  readonly table: LiveTable;
  readonly resources: ProcessorResources;
  readonly allocator: CarveoutAllocator;
  readonly named: readonly Carveout[];
}

function findTable(
  image: LoadedImage,
  { da, size }: TablePlace,
  resources: ProcessorResources,
): LiveTable {
  const window = resources.da.resolve(da, size);
  if (window === undefined || da % 4 !== 0) {
    throw new RemoteprocError(
      "NO_RESOURCE_TABLE",
      `${image.name}: its resource table, ${size} bytes at ${hex(da)}, lies outside the ` +
        "processor's memory or not on a multiple of 4",
    );
  }
  const offset = da - window.bias;
  const bytes = new Uint8Array(size);
  window.memory.readBlock(offset, bytes);
  return { window, offset, bytes };
}

/** What an entry has placed itself. */
function fixedRanges(entry: ResourceEntry): readonly DeviceRange[] {
  if (entry.type === "vdev") {
    return entry.vrings
      .map(({ da, num, align }) => ({ da, size: splitRingLayout(num, align).byteLength }))
      .filter(isFixed);
  }
  const isPlace = entry.type === "carveout" || entry.type === "trace";
  return isPlace ? [{ da: entry.da, size: entry.len }].filter(isFixed) : [];
}

function isFixed({ da }: DeviceRange): boolean {
  return da !== FW_RSC_ADDR_ANY;
}

/** The address that descriptors have for bytes that the table has named. */
function busAddress(
  { da, len }: CarveoutEntry,
  window: AddressWindow,
  { bus }: ProcessorResources,
): number {
  const offset = da - window.bias;
  const other = bus.windows.find(
    (each) => each.memory === window.memory && bus.resolve(offset + each.bias, len) === each,
  );
  return other === undefined ? da : offset + other.bias;
}

function placeCarveout(
  image: LoadedImage,
  entry: CarveoutEntry,
  table: LiveTable,
  resources: ProcessorResources,
  allocator: CarveoutAllocator,
): Carveout {
  if (entry.da !== FW_RSC_ADDR_ANY) {
    const window = resolveDa(image, entry, entry.da, entry.len, resources);
    const bus = busAddress(entry, window, resources);
    return { name: entry.name, da: entry.da, bus, size: entry.len, window };
  }
  const carveout = allocator.allocate(entry.name, entry.len, CARVEOUT_ALIGN);
  const at = table.offset + entry.offset;
  const { memory } = table.window;
  memory.write32(at + FW_RSC_CARVEOUT.fields.da.offset, carveout.da);
  memory.write32(
    at + FW_RSC_CARVEOUT.fields.pa.offset,
    carveout.window.memory.physicalAddress + (carveout.da - carveout.window.bias),
  );
  memory.flush(at, FW_RSC_CARVEOUT.size);
  return carveout;
}

function placeVdev(
  entry: VdevEntry,
  index: number,
  ids: VdevNotifyIds,
  { image, table, resources, allocator, named }: SetUp,
): RemoteprocVdev {
  const name = `virtio${index}`;
  const rings = entry.vrings.map((vring, queue) => {
    const { byteLength } = splitRingLayout(vring.num, vring.align);
    if (vring.da !== FW_RSC_ADDR_ANY) {
      resolveDa(image, entry, vring.da, byteLength, resources);
      return vring.da;
    }
    const carveout = `vdev${index}vring${queue}`;
    const given = named.find((each) => each.name === carveout);
    if (given !== undefined && given.size >= byteLength) return given.da;
    return allocator.allocate(carveout, byteLength, Math.max(vring.align, CARVEOUT_ALIGN)).da;
  });
  const transport = tableDriverTransport(
    {
      name,
      words: table.window.words,
      table: table.offset,
      entry,
      da: resources.da,
      doorbell: resources.doorbell,
    },
    { ids, rings },
  );
  let buffers: Carveout | undefined;
  return {
    name,
    deviceId: entry.id,
    transport,
    buffers(size) {
      const carveout = `vdev${index}buffer`;
      buffers ??=
        named.find((each) => each.name === carveout) ??
        allocator.allocate(
          carveout,
          Math.max(1, Math.min(size, allocator.available(CARVEOUT_ALIGN))),
          CARVEOUT_ALIGN,
        );
      return buffers;
    },
  };
}

function placeTrace(
  image: LoadedImage,
  entry: TraceEntry,
  resources: ProcessorResources,
): TraceBuffer {
  const window = resolveDa(image, entry, entry.da, entry.len, resources);
  return traceBuffer(entry.name, window, entry.da, entry.len);
}

function resolveDa(
  image: LoadedImage,
  entry: ResourceEntry,
  da: number,
  length: number,
  resources: ProcessorResources,
): AddressWindow {
  const window = resources.da.resolve(da, length);
  if (window === undefined) {
    throw new RemoteprocError(
      "SEGMENT_OUTSIDE_MEMORY",
      `${image.name}: entry ${entry.index} of its resource table (${entry.type}) names ${length} ` +
        `bytes at ${hex(da)}, which lie outside the processor's memory`,
    );
  }
  return window;
}
