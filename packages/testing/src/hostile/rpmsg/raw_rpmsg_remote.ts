import { doorbellPair } from "../../doorbell/doorbell_pair.ts";
import { sharedVdev } from "../../loopback/shared_vdev.ts";
import { rawMemory } from "./raw_memory.ts";
import {
  encodeFrame,
  type RawDelivery,
  type RawRpmsgPeer,
  type RawRpmsgPeerOptions,
} from "./raw_rpmsg_peer.ts";

/**
 * Opens an rpmsg host, and plays the remote by hand.
 *
 * @param options Memory and environment of the host.
 * @returns The remote's hands.
 *
 * @example
 * ```ts
 * import { fakeClock, rawRpmsgRemote } from "@openamp/testing";
 *
 * using peer = await rawRpmsgRemote({ clock: fakeClock() });
 * peer.send({ destination: 0x400, length: 60_000 });
 * if (peer.victim.counters.droppedLength !== 1) throw new Error("The header lied");
 * ```
 */
export async function rawRpmsgRemote(options: RawRpmsgPeerOptions): Promise<RawRpmsgPeer> {
  const raw = rawMemory(options, "host");
  const { memory, victimMemory } = raw;
  const sides = { remote: memory, host: victimMemory };
  const [toRemote, toHost] = doorbellPair();
  const vdev = sharedVdev(memory, { ...options, sides });
  const victim = await vdev.openHost({
    ...options,
    doorbell: toRemote,
  });
  const device = vdev.device(toHost, options.clock);
  await device.waitForDriver();
  const transmit = device.openQueue(0);
  const receive = device.openQueue(1);

  function post(delivery: RawDelivery): boolean {
    const head = transmit.take();
    if (head < 0) return false;
    const frame = encodeFrame(delivery);
    memory.writeBlock(transmit.offset(0), frame.subarray(0, transmit.length(0)));
    transmit.complete(head, delivery.claimed ?? frame.length);
    transmit.publish();
    return true;
  }

  function take(giveBack: boolean): Uint8Array | undefined {
    const head = receive.take();
    if (head < 0) return undefined;
    const frame = new Uint8Array(receive.readableLength);
    memory.readBlock(receive.offset(0), frame);
    if (giveBack) {
      receive.complete(head, frame.length);
      if (receive.publish()) device.notify(1);
    }
    return frame;
  }

  return {
    victim,
    victimRole: "host",
    vdev,
    memory,
    victimReceives: 0,
    victimSends: 1,
    // A host offers its buffers anew; there is no length to them.
    returned: () => [],
    send(delivery) {
      const sent = post(delivery);
      device.notify(0);
      return sent;
    },
    post,
    receive: () => take(true),
    receiveAndKeep: () => take(false),
    ring: (queue) => device.notify(queue),
    [Symbol.dispose]() {
      victim.close();
      raw[Symbol.dispose]();
    },
  };
}
