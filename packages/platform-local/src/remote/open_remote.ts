import { workerData } from "node:worker_threads";

import { addressSpace, bufferMemory, type Doorbell, type Memory } from "@openamp/libmetal";
import { tableDeviceTransport } from "@openamp/remoteproc";
import { parseResourceTable } from "@openamp/remoteproc/resource-table";
import type { VirtioDeviceTransport } from "@openamp/virtio";

import { atomicsDoorbell } from "../atomics_doorbell.ts";
import { LocalError } from "../error.ts";
import { isWorkerBoot } from "../worker_boot.ts";

/** What the firmware of a Worker finds when it starts. */
export interface Remote extends Disposable {
  /** The memory that it shares with its host. */
  readonly memory: Memory;
  /** The line to its host. */
  readonly doorbell: Doorbell;
  /** The virtio devices that it is, in the order of its resource table. */
  readonly vdevs: readonly VirtioDeviceTransport[];
}

/**
 * Takes the remote's side, in a Worker that a host has booted as its processor.
 *
 * @returns The memory, the line, and the virtio devices.
 * @throws {LocalError} `NO_HOST` outside such a Worker.
 *
 * @example The module that is booted gets its devices; elsewhere it refuses
 * ```ts
 * import { openRemote } from "@openamp/platform-local/remote";
 *
 * let message = "";
 * try {
 *   openRemote();
 * } catch (error) {
 *   message = String(error);
 * }
 * if (!message.includes("no Worker that a host booted")) throw new Error("There is no host");
 * ```
 */
export function openRemote(): Remote {
  const boot: unknown = workerData;
  if (!isWorkerBoot(boot)) {
    throw new LocalError(
      "NO_HOST",
      "Open the remote's side: this is no Worker that a host booted as its processor",
    );
  }
  const memory = bufferMemory({
    name: "shared",
    physicalAddress: boot.address,
    buffer: boot.memory,
  });
  const space = addressSpace([{ name: "shared", address: boot.address, memory }]);
  const doorbell = atomicsDoorbell(new Int32Array(boot.doorbell), 1);
  const table = new Uint8Array(boot.tableSize);
  memory.readBlock(0, table);
  const vdevs = parseResourceTable(table)
    .entries.filter((entry) => entry.type === "vdev")
    .map((entry, index) =>
      tableDeviceTransport({
        name: `virtio${index}`,
        words: memory.words,
        table: 0,
        entry,
        da: space,
        bus: space,
        doorbell,
      }),
    );
  return {
    memory,
    doorbell,
    vdevs,
    [Symbol.dispose]() {
      doorbell[Symbol.dispose]();
    },
  };
}
