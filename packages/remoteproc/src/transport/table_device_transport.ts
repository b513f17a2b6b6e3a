import { type AddressSpace, type Clock, hostClock, waitQueue } from "@openamp/libmetal";
import {
  SplitDeviceVirtqueue,
  splitRing,
  type VirtioDeviceTransport,
  VirtioError,
} from "@openamp/virtio";
import {
  hasFeature,
  VIRTIO_CONFIG_S_DRIVER_OK,
  VIRTIO_CONFIG_S_NEEDS_RESET,
  VirtioFeature,
} from "@openamp/virtio/wire";

import { FW_RSC_VDEV, FW_RSC_VDEV_VRING } from "../resource/wire.ts";
import { listenToQueues, type VdevPlace } from "./vdev_place.ts";

/** Milliseconds that a remote waits for DRIVER_OK by default. */
const DRIVER_TIMEOUT = 5000;

/** A virtio device of the table that this side is: what the remote needs besides its place. */
export interface TableDeviceOptions extends VdevPlace {
  /** The memories that the host may name in a descriptor. */
  readonly bus: AddressSpace;
  /** Measures the wait for DRIVER_OK. Default: this machine's. */
  readonly clock?: Clock;
}

/**
 * The device's side of a virtio device in a resource table: what runs on the remote.
 *
 * Addresses, notify ids and features are read only after the DRIVER_OK bit is seen, and no other
 * bit is asked for: C hosts show 4, Linux 7.
 *
 * @param options Where the device is, and the memories that it may be pointed at.
 * @returns The transport.
 *
 * @example
 * ```ts
 * import { doorbellPair, loopbackMemory, sharedVdev } from "@openamp/testing";
 * import { tableDeviceTransport } from "@openamp/remoteproc";
 *
 * const { words } = loopbackMemory();
 * const { entry, space } = sharedVdev(loopbackMemory());
 * const [doorbell] = doorbellPair();
 * const place = { name: "virtio0", words, table: 0, entry, da: space, doorbell };
 * const transport = tableDeviceTransport({ ...place, bus: space });
 * words.set8(entry.offset + 24, 4); // what a C host writes
 * await transport.waitForDriver({ timeout: 100 });
 * if (transport.isReset()) throw new Error("The host is there");
 * ```
 */
export function tableDeviceTransport(options: TableDeviceOptions): VirtioDeviceTransport {
  const { words, entry, doorbell, name, da, bus } = options;
  const clock = options.clock ?? hostClock;
  const at = options.table + entry.offset;
  const statusAt = at + FW_RSC_VDEV.fields.status.offset;
  /** The notify id of each queue, as the host wrote it; read once a queue is opened. */
  const ids: number[] = [];
  let features = 0n;

  function readWord(offset: number): number {
    words.invalidate(offset, 4);
    return words.get32(offset);
  }

  function status(): number {
    words.invalidate(statusAt, 1);
    return words.load8(statusAt);
  }

  function driverOk(): boolean {
    words.invalidate(statusAt, 1);
    // A plain read: it is one a ring, never a loop, and an atomic one costs 16 ns on V8.
    const bits = words.get8(statusAt);
    return (bits & VIRTIO_CONFIG_S_DRIVER_OK) !== 0 && (bits & VIRTIO_CONFIG_S_NEEDS_RESET) === 0;
  }

  return {
    deviceId: entry.id,
    name,
    queueCount: entry.vrings.length,
    async waitForDriver(wait = {}) {
      const waits = waitQueue({
        clock,
        error: (failure, what, cause) =>
          new VirtioError(failure, `${what}: status is still ${status()}`, { cause }),
      });
      const listening = doorbell.listen(() => waits.wake());
      try {
        await waits.wait({
          look: driverOk,
          what: `Wait for DRIVER_OK on ${name}`,
          timeout: wait.timeout ?? DRIVER_TIMEOUT,
          signal: wait.signal,
        });
      } finally {
        listening[Symbol.dispose]();
      }
      features = BigInt(readWord(at + FW_RSC_VDEV.fields.gfeatures.offset));
      // What was not offered was not accepted, whatever the word says.
      return (features &= BigInt(entry.dfeatures));
    },
    isReset: () => !driverOk(),
    openQueue(index, onBroken) {
      const vring = entry.vrings[index];
      if (vring === undefined) {
        throw new VirtioError(
          "QUEUE_INDEX",
          `Open queue ${index} of ${name}: it has ${entry.vrings.length}`,
        );
      }
      const vringAt = options.table + vring.offset;
      const address = readWord(vringAt + FW_RSC_VDEV_VRING.fields.da.offset);
      ids[index] = readWord(vringAt + FW_RSC_VDEV_VRING.fields.notifyid.offset);
      return new SplitDeviceVirtqueue(splitRing(da, address, vring.num, vring.align), bus, {
        index,
        eventIndex: hasFeature(features, VirtioFeature.eventIndex),
        ...(onBroken === undefined ? {} : { onBroken }),
      });
    },
    notify(queue) {
      const id = ids[queue];
      if (id !== undefined) doorbell.ring(id);
    },
    listen: (callback) => listenToQueues(doorbell, ids, callback),
  };
}
