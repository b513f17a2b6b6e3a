import {
  clearSplitRing,
  SplitDriverVirtqueue,
  splitRing,
  VirtioError,
  type VirtioDriverTransport,
} from "@openamp/virtio";
import { hasFeature, VIRTIO_CONFIG_S_DRIVER_OK, VirtioFeature } from "@openamp/virtio/wire";

import type { VdevNotifyIds } from "../resource/notify_ids.ts";
import { FW_RSC_VDEV, FW_RSC_VDEV_VRING } from "../resource/wire.ts";
import { listenToQueues, type VdevPlace } from "./vdev_place.ts";

/** What the host decided about a virtio device. */
export interface VdevAssignment {
  /** The notify ids. */
  readonly ids: VdevNotifyIds;
  /** The device address of each ring. */
  readonly rings: readonly number[];
}

/**
 * The driver's side of a virtio device in a resource table. Upstream: `remoteproc_virtio`; in the
 * kernel `remoteproc_virtio.c`.
 *
 * This transport is legacy: 32 feature bits, no FEATURES_OK, and status, features and ring addresses
 * are words in memory. Nothing but `status` and the configuration space is read after the table was
 * accepted (T40), and the remote learns of changes when it is rung.
 *
 * @param place Where the device is.
 * @param assignment The notify ids and ring addresses that the host chose.
 * @returns The transport.
 *
 * @example
 * ```ts
 * import { doorbellPair, loopbackMemory, sharedVdev } from "@openamp/testing";
 * import { tableDriverTransport } from "@openamp/remoteproc";
 *
 * const { words } = loopbackMemory();
 * const { entry, space } = sharedVdev(loopbackMemory());
 * const [doorbell] = doorbellPair();
 * const place = { name: "virtio0", words, table: 0, entry, da: space, doorbell };
 * const ids = { vdev: 2, vrings: [0, 1] };
 * const transport = tableDriverTransport(place, { ids, rings: [0x10001000, 0x10004000] });
 * await transport.setStatus(7);
 * if (words.get8(entry.offset + 24) !== 7) throw new Error("Status is a byte of the table");
 * ```
 */
export function tableDriverTransport(
  place: VdevPlace,
  assignment: VdevAssignment,
): VirtioDriverTransport {
  const { words, entry, doorbell, name } = place;
  const at = place.table + entry.offset;
  const statusAt = at + FW_RSC_VDEV.fields.status.offset;
  let features = 0n;
  let live = false;

  // A line goes back whole. It is fetched anew first, for what the remote wrote beside the field.
  function writeWord(offset: number, value: number): void {
    words.invalidate(offset, 4);
    words.set32(offset, value);
    words.flush(offset, 4);
  }

  return {
    deviceId: entry.id,
    name,
    queueCount: entry.vrings.length,
    configLength: entry.config.length,
    async getStatus() {
      words.invalidate(statusAt, 1);
      return words.load8(statusAt);
    },
    async setStatus(status) {
      words.invalidate(statusAt, 1);
      words.store8(statusAt, status);
      words.flush(statusAt, 1);
      // A remote at work learns of its reset by a ring; before DRIVER_OK nobody listens yet.
      if (live) doorbell.ring(assignment.ids.vdev);
      live = (status & VIRTIO_CONFIG_S_DRIVER_OK) !== 0;
    },
    async getFeatures() {
      return BigInt(entry.dfeatures);
    },
    async setFeatures(accepted) {
      features = accepted;
      writeWord(at + FW_RSC_VDEV.fields.gfeatures.offset, Number(accepted & 0xffffffffn));
      writeWord(at + FW_RSC_VDEV.fields.notifyid.offset, assignment.ids.vdev);
    },
    async createQueue(index, onBroken) {
      const vring = entry.vrings[index];
      const da = assignment.rings[index];
      const id = assignment.ids.vrings[index];
      if (vring === undefined || da === undefined || id === undefined) {
        throw new VirtioError(
          "QUEUE_INDEX",
          `Create queue ${index} of ${name}: it has ${entry.vrings.length}`,
        );
      }
      const ring = splitRing(place.da, da, vring.num, vring.align);
      clearSplitRing(ring);
      const vringAt = place.table + vring.offset;
      writeWord(vringAt + FW_RSC_VDEV_VRING.fields.da.offset, da);
      writeWord(vringAt + FW_RSC_VDEV_VRING.fields.notifyid.offset, id);
      return new SplitDriverVirtqueue(ring, {
        index,
        eventIndex: hasFeature(features, VirtioFeature.eventIndex),
        ...(onBroken === undefined ? {} : { onBroken }),
      });
    },
    async readConfig(offset, target) {
      if (!(offset >= 0 && offset + target.length <= entry.config.length)) {
        throw new VirtioError(
          "DEVICE_STATE",
          `Read ${target.length} bytes at ${offset} of the configuration of ${name}: it has ` +
            `${entry.config.length}`,
        );
      }
      const configAt = place.table + entry.configOffset + offset;
      words.invalidate(configAt, target.length);
      words.copyOut(configAt, target, 0, target.length);
    },
    notify(queue) {
      const id = assignment.ids.vrings[queue];
      if (id !== undefined) doorbell.ring(id);
    },
    listen: (callback) => listenToQueues(doorbell, assignment.ids.vrings, callback),
  };
}
