import { RPMSG_BUFFER_SIZE } from "@openamp/rpmsg/wire";
import type { ChainBuffer } from "@openamp/virtio";
import {
  USED_ELEMENT_LENGTH,
  USED_ELEMENT_SIZE,
  USED_RING,
  VIRTIO_CONFIG_S_DRIVER_OK,
} from "@openamp/virtio/wire";

import { doorbellPair } from "../../doorbell/doorbell_pair.ts";
import { sharedVdev } from "../../loopback/shared_vdev.ts";
import { rawMemory } from "./raw_memory.ts";
import {
  encodeFrame,
  type RawDelivery,
  type RawRpmsgPeer,
  type RawRpmsgPeerOptions,
} from "./raw_rpmsg_peer.ts";

/** How a host played by hand sets the device up. */
export interface RawRpmsgHostOptions extends RawRpmsgPeerOptions {
  /** Lengths of the buffers that the remote may send in. Default: all that fit, of `bufferSize`. */
  readonly offered?: readonly number[];
}

/**
 * Plays an rpmsg host by hand, and opens the remote.
 *
 * @param options Memory and environment of the remote.
 * @returns The host's hands.
 *
 * @example
 * ```ts
 * import { fakeClock, rawRpmsgHost } from "@openamp/testing";
 *
 * using peer = await rawRpmsgHost({ clock: fakeClock() });
 * peer.send({ destination: 0x400, payload: new Uint8Array(4), cuts: [8] });
 * if (peer.victim.counters.droppedBuffer !== 1) throw new Error("A header in two pieces");
 * ```
 */
export async function rawRpmsgHost(options: RawRpmsgHostOptions): Promise<RawRpmsgPeer> {
  const raw = rawMemory(options, "remote");
  const { memory, victimMemory } = raw;
  const sides = { host: memory, remote: victimMemory };
  const size = options.bufferSize ?? RPMSG_BUFFER_SIZE;
  const [toRemote, toHost] = doorbellPair();
  const vdev = sharedVdev(memory, { ...options, sides });
  const driver = vdev.driver(toRemote);
  await driver.setFeatures(await driver.getFeatures());
  const receive = await driver.createQueue(0);
  const transmit = await driver.createQueue(1);
  const { buffers } = vdev;
  const bias = buffers.address - buffers.offset;
  const transmitBase = buffers.offset + buffers.size / 2;

  /** Where the buffer of each head lies; those of the two queues share no byte. */
  const received = new Map<number, number>();
  const count = Math.min(receive.size, Math.floor(buffers.size / 2 / size));
  const offered = options.offered ?? Array.from({ length: count }, () => size);
  for (const [index, length] of offered.entries()) {
    const offset = buffers.offset + index * size;
    received.set(receive.add(offset + bias, length, true), offset);
  }
  receive.publish();

  const free = Array.from({ length: count }, (_, index) => transmitBase + index * size);
  const sent = new Map<number, number>();
  await driver.setStatus(VIRTIO_CONFIG_S_DRIVER_OK);
  const victim = await vdev.openRemote({
    ...options,
    doorbell: toHost,
  });

  let returnedCount = 0;

  /** The queue itself says 0 for a buffer that the device only reads; here is what was written. */
  function returned(): number[] {
    const { words, offset: used } = vdev.ring(1).used;
    const lengths: number[] = [];
    for (let head = transmit.takeUsed(); head >= 0; head = transmit.takeUsed()) {
      const slot = returnedCount++ & (transmit.size - 1);
      lengths.push(words.get32(used + USED_RING + slot * USED_ELEMENT_SIZE + USED_ELEMENT_LENGTH));
      const offset = sent.get(head);
      if (offset !== undefined) free.push(offset);
    }
    return lengths;
  }

  function post(delivery: RawDelivery): boolean {
    if (free.length === 0) returned();
    const offset = free.pop();
    if (offset === undefined) return false;
    const frame = encodeFrame(delivery);
    const claimed = delivery.claimed ?? frame.length;
    memory.writeBlock(offset, frame);
    const edges = [0, ...(delivery.cuts ?? []), claimed];
    const chain: ChainBuffer[] = [];
    for (let edge = 1; edge < edges.length; edge++) {
      const from = edges[edge - 1]!;
      const length = edges[edge]! - from;
      chain.push({ address: offset + bias + from, length, deviceWritable: false });
    }
    const head = transmit.addChain(chain);
    if (head < 0) {
      free.push(offset);
      return false;
    }
    sent.set(head, offset);
    transmit.publish();
    return true;
  }

  function take(giveBack: boolean): Uint8Array | undefined {
    const head = receive.takeUsed();
    const offset = received.get(head);
    if (offset === undefined) return undefined;
    const frame = new Uint8Array(receive.usedLength);
    memory.readBlock(offset, frame);
    if (giveBack) {
      received.set(receive.add(offset + bias, size, true), offset);
      if (receive.publish()) driver.notify(0);
    }
    return frame;
  }

  return {
    victim,
    victimRole: "remote",
    vdev,
    memory,
    victimReceives: 1,
    victimSends: 0,
    returned,
    send(delivery) {
      const posted = post(delivery);
      driver.notify(1);
      return posted;
    },
    post,
    receive: () => take(true),
    receiveAndKeep: () => take(false),
    ring: (queue) => driver.notify(queue),
    [Symbol.dispose]() {
      victim.close();
      raw[Symbol.dispose]();
    },
  };
}
