/**
 * Tools that tests of OpenAMP are made of: memory that guards itself, changes under the reader or
 * is cached; doorbells with faults; random numbers with a seed; a clock that stands still; a plain
 * model of a virtqueue; both sides of an rpmsg device over one memory; and a hostile peer.
 *
 * @example A field that is read twice is found
 * ```ts
 * import { bufferMemory } from "@openamp/libmetal";
 * import { guardedWords } from "@openamp/testing";
 *
 * const shm = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(64) });
 * const words = guardedWords(shm.words);
 * const { repeatedReads } = words.record(() => {
 *   const length = words.get32(8);
 *   if (length < 16) words.get32(8);
 * });
 * if (repeatedReads[0]?.offset !== 8) throw new Error("The length was checked, then read again");
 * ```
 *
 * @module
 */
export * from "./error.ts";
export * from "./random/seeded_random.ts";
export * from "./clock/fake_clock.ts";
export * from "./doorbell/doorbell_pair.ts";
export * from "./doorbell/faulty_doorbell.ts";
export * from "./doorbell/held_doorbells.ts";
export * from "./memory/observed_words.ts";
export * from "./memory/guarded_words.ts";
export * from "./memory/changing_words.ts";
export * from "./memory/cache/cache_fault.ts";
export * from "./memory/cache/non_coherent_memory.ts";
export * from "./memory/cache/forgetful_words.ts";
export * from "./memory/cached_words.ts";
export * from "./memory/device/bulk_watch.ts";
export * from "./memory/device/guarded_device_memory.ts";
export * from "./lock/spinlock_device.ts";
export * from "./dma/dma_guard.ts";
export * from "./model/reference_ring.ts";
export * from "./model/lockstep_queue.ts";
export * from "./model/loopback_ring.ts";
export * from "./hostile/attack.ts";
export * from "./hostile/split_ring/raw_split_ring.ts";
export * from "./hostile/split_ring/peer.ts";
export * from "./hostile/split_ring/attacks.ts";
export * from "./hostile/split_ring/device_victim.ts";
export * from "./hostile/split_ring/driver_victim.ts";
export * from "./hostile/split_ring/ring_offers.ts";
export * from "./hostile/split_ring/double_fetch.ts";
export * from "./loopback/memory_model.ts";
export { loopbackMemory } from "./loopback/loopback_memory.ts";
export * from "./loopback/shared_vdev.ts";
export * from "./loopback/rpmsg_loopback.ts";
export * from "./hostile/rpmsg/raw_rpmsg_peer.ts";
export * from "./hostile/rpmsg/raw_rpmsg_remote.ts";
export * from "./hostile/rpmsg/raw_rpmsg_host.ts";
export * from "./hostile/rpmsg/attacks.ts";
export * from "./hostile/rpmsg/swapped_header.ts";
export * from "./outcome/code_of.ts";
