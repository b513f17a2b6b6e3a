import {
  type AddressSpace,
  addressSpace,
  type Clock,
  type Doorbell,
  type Logger,
  type Memory,
  type WaitOptions,
} from "@openamp/libmetal";
import { tableDeviceTransport, tableDriverTransport } from "@openamp/remoteproc";
import {
  buildResourceTable,
  parseResourceTable,
  type VdevEntry,
} from "@openamp/remoteproc/resource-table";
import {
  type BufferMemory,
  openRpmsgHost,
  openRpmsgRemote,
  type RpmsgDevice,
} from "@openamp/rpmsg";
import { RPMSG_BUFFER_SIZE, VIRTIO_RPMSG_F_NS } from "@openamp/rpmsg/wire";
import {
  type SplitRing,
  splitRing,
  splitRingLayout,
  type VirtioDeviceTransport,
  type VirtioDriverTransport,
} from "@openamp/virtio";
import { VirtioDeviceId } from "@openamp/virtio/wire";

import { TestingError } from "../error.ts";

/** Alignment of the table, the rings and the buffers. */
const ALIGN = 4096;
/** Notify ids: the two queues', and one for status and features. */
const NOTIFY_IDS = { vdev: 2, vrings: [0, 1] } as const;

/** What both sides of a {@linkcode sharedVdev} agree upon. */
export interface SharedVdevOptions {
  /** Entries of each ring: a power of two, 1 to 32768. Default 256. */
  readonly ringSize?: number;
  /** Bytes of a buffer, header and payload: a multiple of 4. Default 512. */
  readonly bufferSize?: number;
  /** Buffers, both directions together. Default: one for each entry of both rings. */
  readonly bufferCount?: number;
  /** Feature bits that the device offers. Default: name service. */
  readonly features?: number;
  /** The memory as each side sees it, where that is not the same. */
  readonly sides?: { readonly host: Memory; readonly remote: Memory };
  /**
   * Gives the buffers the addresses by which descriptors name them, and the space in which the
   * remote finds them: where it is behind an IOMMU. Default: their physical addresses.
   *
   * @param memory The memory as the remote sees it.
   * @param offset Where the buffers start in it.
   * @param size Bytes of all of them.
   */
  readonly bus?: (memory: Memory, offset: number, size: number) => SharedVdevBus;
}

/** Where descriptors lead. */
export interface SharedVdevBus {
  /** The address of the first buffer. */
  readonly address: number;
  /** What the remote may name. */
  readonly space: AddressSpace;
}

/** How one side is opened. */
export interface SharedVdevSide extends WaitOptions {
  /** The line to the other side. */
  readonly doorbell: Doorbell;
  /** Milliseconds between two looks when nobody rings. Default 0: none. */
  readonly pollInterval?: number;
  /** Measures every timeout. Default: this machine's. */
  readonly clock?: Clock;
  /** Takes what happens. Default: nobody. */
  readonly logger?: Logger;
}

/** An rpmsg device in a memory that two sides share: each opens its own, here or elsewhere. */
export interface SharedVdev {
  /** The entry of the resource table. */
  readonly entry: VdevEntry;
  /** What both sides may name: the whole memory. */
  readonly space: AddressSpace;
  /**
   * Finds a ring, as it is.
   *
   * @param queue 0 or 1.
   */
  ring(queue: 0 | 1): SplitRing;
  /** The host's buffers. */
  readonly buffers: BufferMemory;
  /**
   * Writes the resource table and makes the driver's transport, for a host of one's own.
   *
   * @param doorbell The line to the remote.
   */
  driver(doorbell: Doorbell): VirtioDriverTransport;
  /**
   * Makes the device's transport, for a remote of one's own.
   *
   * @param doorbell The line to the host.
   * @param clock Measures the wait for the driver. Default: this machine's.
   */
  device(doorbell: Doorbell, clock?: Clock): VirtioDeviceTransport;
  /**
   * Writes the resource table and opens the host's side.
   *
   * @param side The line to the remote, and the environment.
   */
  openHost(side: SharedVdevSide): Promise<RpmsgDevice>;
  /**
   * Waits for the host and opens the remote's side.
   *
   * @param side The line to the host, and the environment.
   */
  openRemote(side: SharedVdevSide): Promise<RpmsgDevice>;
}

/**
 * Lays out a memory for one rpmsg device: a resource table at its start, then the two rings, then
 * the buffers. Two sides that do so with the same options agree on every address, wherever they
 * run: in one thread, in two Workers, or in two processes.
 *
 * @param memory The memory, zeroed, at the same physical address on both sides.
 * @param options What both sides agree upon.
 * @returns Opens the sides; nothing is written before that.
 * @throws {TestingError} `INVALID_ARGUMENT` where the memory is too small.
 *
 * @example
 * ```ts
 * import { bufferMemory } from "@openamp/libmetal";
 * import { doorbellPair, sharedVdev } from "@openamp/testing";
 *
 * const buffer = new SharedArrayBuffer(1 << 20);
 * const vdev = sharedVdev(bufferMemory({ name: "shm", physicalAddress: 0x10000000, buffer }));
 * const [toRemote, toHost] = doorbellPair();
 * using host = await vdev.openHost({ doorbell: toRemote });
 * using remote = await vdev.openRemote({ doorbell: toHost });
 * remote.createEndpoint({ name: "echo" });
 * if (host.announcements[0]?.name !== "echo") throw new Error("The host hears of the service");
 * ```
 */
export function sharedVdev(memory: Memory, options: SharedVdevOptions = {}): SharedVdev {
  const { ringSize = 256, bufferSize = RPMSG_BUFFER_SIZE, bufferCount = 2 * ringSize } = options;
  const { name, physicalAddress } = memory;
  const { host = memory, remote = memory } = options.sides ?? {};
  const vring = { num: ringSize, align: ALIGN };
  const table = buildResourceTable([
    {
      type: "vdev",
      id: VirtioDeviceId.rpmsg,
      dfeatures: options.features ?? 1 << VIRTIO_RPMSG_F_NS,
      vrings: [vring, vring],
    },
  ]);
  const ringBytes = roundUp(splitRingLayout(ringSize, ALIGN).byteLength);
  const firstRing = roundUp(table.length);
  const offset = firstRing + 2 * ringBytes;
  const size = bufferCount * bufferSize;
  if (offset + size > memory.size) {
    throw new TestingError(
      "INVALID_ARGUMENT",
      `Lay out an rpmsg device in "${name}": it takes ${offset + size} bytes of the ${memory.size}`,
    );
  }
  const entry = vdevOf(table);
  const spaceOf = (side: Memory): AddressSpace =>
    addressSpace([{ name, address: physicalAddress, memory: side }]);
  const space = spaceOf(memory);
  const rings = [physicalAddress + firstRing, physicalAddress + firstRing + ringBytes] as const;
  const bus = options.bus?.(remote, offset, size);
  const address = bus?.address ?? physicalAddress + offset;
  const buffers = { words: host.words, offset, address, size };
  const place = { name: "virtio0", table: 0, entry };

  function driver(doorbell: Doorbell): VirtioDriverTransport {
    host.writeBlock(0, table);
    return tableDriverTransport(
      { ...place, words: host.words, da: spaceOf(host), doorbell },
      { ids: NOTIFY_IDS, rings },
    );
  }

  function device(doorbell: Doorbell, clock?: Clock): VirtioDeviceTransport {
    const seen = spaceOf(remote);
    const named = bus?.space ?? seen;
    const base = { ...place, words: remote.words, da: seen, bus: named, doorbell };
    return tableDeviceTransport(clock === undefined ? base : { ...base, clock });
  }

  return {
    entry,
    space,
    ring: (queue) => splitRing(space, rings[queue], ringSize, ALIGN),
    buffers,
    driver,
    device,
    openHost({ doorbell, pollInterval = 0, ...environment }) {
      return openRpmsgHost(driver(doorbell), { ...environment, buffers, bufferSize, pollInterval });
    },
    openRemote({ doorbell, pollInterval = 0, ...environment }) {
      const transport = device(doorbell, environment.clock);
      return openRpmsgRemote(transport, { ...environment, bufferSize, pollInterval });
    },
  };
}

function vdevOf(table: Uint8Array): VdevEntry {
  for (const entry of parseResourceTable(table).entries) if (entry.type === "vdev") return entry;
  throw new TestingError("INVALID_ARGUMENT", "Read a resource table: it has no virtio device");
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
