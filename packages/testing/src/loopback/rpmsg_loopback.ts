import type { Clock, Doorbell, Logger, Memory } from "@openamp/libmetal";
import type { RpmsgDevice } from "@openamp/rpmsg";

import { doorbellPair } from "../doorbell/doorbell_pair.ts";
import { MEMORY_ADDRESS, MEMORY_SIZE } from "./loopback_memory.ts";
import { coherentModel, type MemoryModel, type SidedMemory } from "./memory_model.ts";
import { type SharedVdev, sharedVdev, type SharedVdevOptions } from "./shared_vdev.ts";

/** What a loopback is made of. */
export interface RpmsgLoopbackOptions extends Omit<SharedVdevOptions, "sides"> {
  /** What kind of memory both share, where it is not given. Default: coherent memory. */
  readonly model?: MemoryModel;
  /** The memory as the host sees it, zeroed. Default: 1 MiB of its own. */
  readonly memory?: Memory;
  /** The same bytes as the remote sees them: where one side is guarded. Default: `memory`. */
  readonly remoteMemory?: Memory;
  /** The host's line to the remote, and the remote's to the host. Default: a `doorbellPair`. */
  readonly doorbells?: readonly [Doorbell, Doorbell];
  /** Milliseconds between two looks when nobody rings. Default 0: none. */
  readonly pollInterval?: number;
  /** Measures every timeout of both sides. Default: this machine's. */
  readonly clock?: Clock;
  /** Takes what happens on both sides. Default: nobody. */
  readonly logger?: Logger;
}

/** Both sides of an rpmsg device, in one thread. */
export interface RpmsgLoopback extends Disposable {
  /** The memory that both share, as it is. */
  readonly memory: Memory;
  /** Where in it everything lies. */
  readonly vdev: SharedVdev;
  /** The host, the virtio driver. */
  readonly host: RpmsgDevice;
  /** The remote, the virtio device. */
  readonly remote: RpmsgDevice;
}

/**
 * Opens an rpmsg host and an rpmsg remote over one memory in this thread. What one sends, the other
 * has handled when the doorbell has delivered the ring: at once, with the default.
 *
 * @param options Memory, doorbells and environment.
 * @returns Both devices; disposing closes them, and throws {@linkcode TestingError} `INCOHERENT` or
 *   `ACCESS` where the memory does not stand what they did with it.
 *
 * @example
 * ```ts
 * import { rpmsgLoopback } from "@openamp/testing";
 *
 * using loopback = await rpmsgLoopback();
 * let heard = 0;
 * loopback.remote.createEndpoint({ address: 1030, onMessage: (message) => (heard = message.length) });
 * const endpoint = loopback.host.createEndpoint({ destination: 1030 });
 * endpoint.trySend(new Uint8Array(32));
 * if (heard !== 32) throw new Error("The handler has run");
 * ```
 */
export async function rpmsgLoopback(options: RpmsgLoopbackOptions = {}): Promise<RpmsgLoopback> {
  const { doorbells, memory: given, remoteMemory, model, ...environment } = options;
  const [toRemote, toHost] = doorbells ?? doorbellPair();
  const sides = given === undefined ? openSides(model) : givenSides(given, remoteMemory);
  const { memory } = sides;
  const vdev = sharedVdev(memory, { ...environment, sides });
  const host = await vdev.openHost({ ...environment, doorbell: toRemote });
  const remote = await vdev.openRemote({ ...environment, doorbell: toHost });
  return {
    memory,
    vdev,
    host,
    remote,
    [Symbol.dispose]() {
      remote.close();
      host.close();
      sides[Symbol.dispose]();
      sides.check();
    },
  };
}

function openSides(model: MemoryModel = coherentModel): SidedMemory {
  return model.open(MEMORY_SIZE, MEMORY_ADDRESS);
}

function givenSides(memory: Memory, remote: Memory = memory): SidedMemory {
  return { memory, host: memory, remote, check() {}, [Symbol.dispose]() {} };
}
