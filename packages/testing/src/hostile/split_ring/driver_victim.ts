import { SplitDriverVirtqueue } from "@openamp/virtio";
import type { BrokenQueue, DriverVirtqueue, SplitRing, VirtqueueOptions } from "@openamp/virtio";

import { TestingError } from "../../error.ts";
import type { MemoryModel } from "../../loopback/memory_model.ts";
import { guardedWords } from "../../memory/guarded_words.ts";
import type { GuardedWords } from "../../memory/guarded_words.ts";
import { loopbackRing } from "../../model/loopback_ring.ts";
import { seededRandom } from "../../random/seeded_random.ts";
import type { RingPeer } from "./peer.ts";
import { rawSplitRing } from "./raw_split_ring.ts";

/** What {@linkcode driverVictim} needs. */
export interface DriverVictimOptions extends VirtqueueOptions {
  /** Entries: a power of two, 1 to 32768. */
  readonly size: number;
  /** What kind of memory the ring lies in; the peer has no cache. Default: coherent memory. */
  readonly model?: MemoryModel;
}

/** A driver's queue in this thread, and a hostile device at its other end. */
export interface DriverVictim {
  /** The victim's queue. */
  readonly driver: SplitDriverVirtqueue;
  /** The ring as the victim sees it: what a driver may not touch throws. */
  readonly guarded: GuardedWords;
  /** Where the parts of the ring lie in `guarded`. */
  readonly ring: SplitRing;
  /** The device. */
  readonly peer: RingPeer;
  /** The events of a broken queue: at most one. */
  readonly events: readonly BrokenQueue[];
}

/** Bytes of each buffer that {@linkcode postBuffers} posts. */
export const POSTED_LENGTH = 512;

/**
 * Makes a driver's queue and gives its ring to a hostile device.
 *
 * The driver may write the table and the available ring and read the used ring, and nothing else:
 * what it writes itself it does not read back (T10).
 *
 * @param options How large, and how the queue is made.
 * @returns Both ends.
 *
 * @example
 * ```ts
 * import { attacksOnDriver, driverVictim, postBuffers } from "@openamp/testing";
 *
 * for (const { steps } of attacksOnDriver.T05.ways) {
 *   const victim = driverVictim({ size: 4 });
 *   postBuffers(victim, true);
 *   for (const step of steps) step(victim.peer);
 *   if (victim.driver.takeUsed() !== -1) throw new Error("No id beyond the table is taken");
 *   if (victim.driver.broken?.fault !== "USED_ID_RANGE") throw new Error("The fault is named");
 * }
 * ```
 */
export function driverVictim(options: DriverVictimOptions): DriverVictim {
  const { size, model, ...queueOptions } = options;
  const loopback = loopbackRing({ size, ...(model === undefined ? {} : { model }) });
  const guarded = guardedWords(loopback.driverWords);
  const ring = loopback.over(guarded);
  guarded.protect(0, guarded.byteLength, "none");
  guarded.protect(ring.descriptors.offset, ring.descriptors.byteLength, "write");
  guarded.protect(ring.available.offset, ring.available.byteLength, "write");
  guarded.protect(ring.used.offset, ring.used.byteLength, "read");
  const events: BrokenQueue[] = [];
  const driver = new SplitDriverVirtqueue(ring, {
    ...queueOptions,
    onBroken: (event) => events.push(event),
  });
  const peer: RingPeer = {
    ring: rawSplitRing(loopback.over(loopback.words)),
    buffer: loopback.buffer,
    random: seededRandom(size),
  };
  return { driver, guarded, ring, peer, events };
}

/**
 * Posts buffers of {@linkcode POSTED_LENGTH} bytes: where there is room a chain of two first, and
 * one descriptor is left free.
 *
 * @param victim The driver.
 * @param deviceWritable Whether the device writes them.
 * @returns The heads.
 */
export function postBuffers(victim: DriverVictim, deviceWritable: boolean): number[] {
  const { driver, peer } = victim;
  const buffer = { address: peer.buffer.address, length: POSTED_LENGTH, deviceWritable };
  const heads: number[] = [];
  if (driver.size >= 4) heads.push(driver.addChain([buffer, buffer]));
  while (driver.freeCount > (driver.size > 1 ? 1 : 0)) {
    heads.push(driver.add(buffer.address, buffer.length, deviceWritable));
  }
  driver.publish();
  return heads;
}

/** A chain that came back. */
export interface UsedChain {
  /** Its head. */
  readonly head: number;
  /** Bytes that count as written. */
  readonly usedLength: number;
}

/**
 * Takes back all chains that can be taken back.
 *
 * @param driver The queue.
 * @returns The chains.
 * @throws {TestingError} `DIVERGED` where there are more than the table has descriptors.
 */
export function takeAllUsed(driver: DriverVirtqueue): UsedChain[] {
  const chains: UsedChain[] = [];
  for (let head = driver.takeUsed(); head !== -1; head = driver.takeUsed()) {
    chains.push({ head, usedLength: driver.usedLength });
    if (chains.length > driver.size) {
      throw new TestingError(
        "DIVERGED",
        `Take all back: more than the ${driver.size} there can be`,
      );
    }
  }
  return chains;
}
