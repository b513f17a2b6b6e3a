import type { AddressSpace } from "@openamp/libmetal";
import { SplitDeviceVirtqueue } from "@openamp/virtio";
import { VIRTQ_DESC_F_WRITE } from "@openamp/virtio/wire";
import type { BrokenQueue, DeviceVirtqueue, SplitRing, VirtqueueOptions } from "@openamp/virtio";

import { TestingError } from "../../error.ts";
import type { MemoryModel } from "../../loopback/memory_model.ts";
import { guardedWords } from "../../memory/guarded_words.ts";
import type { GuardedWords } from "../../memory/guarded_words.ts";
import { loopbackRing } from "../../model/loopback_ring.ts";
import { seededRandom } from "../../random/seeded_random.ts";
import type { RingPeer } from "./peer.ts";
import { rawSplitRing } from "./raw_split_ring.ts";

/** What {@linkcode deviceVictim} needs. */
export interface DeviceVictimOptions extends VirtqueueOptions {
  /** Entries: a power of two, 1 to 32768. */
  readonly size: number;
  /** What kind of memory the ring lies in; the peer has no cache. Default: coherent memory. */
  readonly model?: MemoryModel;
  /** What the driver may name, where it is not the loopback's buffers. */
  readonly space?: AddressSpace;
  /** A good buffer in that space, whose end is the window's. */
  readonly buffer?: RingPeer["buffer"];
}

/** A device's queue in this thread, and a hostile driver at its other end. */
export interface DeviceVictim {
  /** The victim's queue. */
  readonly device: SplitDeviceVirtqueue;
  /** The ring as the victim sees it: what a device may not touch throws. */
  readonly guarded: GuardedWords;
  /** Where the parts of the ring lie in `guarded`. */
  readonly ring: SplitRing;
  /** The driver. */
  readonly peer: RingPeer;
  /** The events of a broken queue: at most one. */
  readonly events: readonly BrokenQueue[];
}

/**
 * Makes a device's queue and gives its ring to a hostile driver.
 *
 * The device may read what the driver writes and write the used ring, and nothing else: what it
 * writes itself it does not read back.
 *
 * @param options How large, and how the queue is made.
 * @returns Both ends.
 *
 * @example
 * ```ts
 * import { attacksOnDevice, deviceVictim } from "@openamp/testing";
 *
 * for (const { steps, possible, verdict } of attacksOnDevice.T01.ways) {
 *   const { device, peer } = deviceVictim({ size: 4 });
 *   if (possible?.(peer) === false) continue;
 *   for (const step of steps) {
 *     step(peer);
 *     device.take();
 *   }
 *   if (device.broken === undefined || !verdict.includes(device.broken.fault)) {
 *     throw new Error("A loop breaks the queue");
 *   }
 * }
 * ```
 */
export function deviceVictim(options: DeviceVictimOptions): DeviceVictim {
  const { size, model, space, buffer, ...queueOptions } = options;
  const loopback = loopbackRing({ size, ...(model === undefined ? {} : { model }) });
  const guarded = guardedWords(loopback.deviceWords);
  const ring = loopback.over(guarded);
  guarded.protect(0, guarded.byteLength, "none");
  guarded.protect(ring.descriptors.offset, ring.descriptors.byteLength, "read");
  guarded.protect(ring.available.offset, ring.available.byteLength, "read");
  guarded.protect(ring.used.offset, ring.used.byteLength, "write");
  const events: BrokenQueue[] = [];
  const device = new SplitDeviceVirtqueue(ring, space ?? loopback.space, {
    ...queueOptions,
    onBroken: (event) => events.push(event),
  });
  const peer: RingPeer = {
    ring: rawSplitRing(loopback.over(loopback.words)),
    buffer: buffer ?? loopback.buffer,
    random: seededRandom(size),
  };
  return { device, guarded, ring, peer, events };
}

/** A buffer of a chain that {@linkcode offerBuffers} offers. */
export interface OfferedBuffer {
  /** Bytes from the start of the good buffer. */
  readonly at: number;
  /** Bytes. */
  readonly length: number;
  /** Whether the device may write it. Default false. */
  readonly writable?: boolean;
}

/**
 * Offers a chain as a good driver does, in descriptors that follow one another.
 *
 * @param peer The driver.
 * @param first The first descriptor.
 * @param buffers The chain.
 */
export function offerBuffers(
  { ring, buffer }: RingPeer,
  first: number,
  buffers: readonly OfferedBuffer[],
): void {
  ring.setChain(
    first,
    buffers.map(({ at, length, writable }) => ({
      address: buffer.address + at,
      length,
      flags: writable === true ? VIRTQ_DESC_F_WRITE : 0,
    })),
  );
  ring.offer(first);
}

/**
 * Takes all chains that can be taken.
 *
 * @param device The queue.
 * @returns The heads.
 * @throws {TestingError} `DIVERGED` where there are more than the table has descriptors.
 */
export function takeAll(device: DeviceVirtqueue): number[] {
  const heads: number[] = [];
  for (let head = device.take(); head !== -1; head = device.take()) {
    heads.push(head);
    if (heads.length > device.size) {
      throw new TestingError("DIVERGED", `Take all: more than the ${device.size} there can be`);
    }
  }
  return heads;
}

/** One buffer of the chain that a device took last. */
export interface Segment {
  /** Where in its memory it starts. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Whether the device may write it. */
  readonly writable: boolean;
}

/**
 * Describes the chain that was taken last.
 *
 * @param device The queue.
 * @returns Its buffers.
 */
export function segmentsOf(device: DeviceVirtqueue): Segment[] {
  return Array.from({ length: device.segments }, (_, segment) => ({
    offset: device.offset(segment),
    length: device.length(segment),
    writable: device.writable(segment),
  }));
}
