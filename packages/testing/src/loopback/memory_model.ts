import { bufferMemory, type Memory, memoryOver } from "@openamp/libmetal";

import { nonCoherentMemory } from "../memory/cache/non_coherent_memory.ts";
import { guardedDeviceMemory } from "../memory/device/guarded_device_memory.ts";
import { seededRandom } from "../random/seeded_random.ts";

/** One memory, as each of two sides sees it. */
export interface SidedMemory extends Disposable {
  /** As it is: for a test that looks, and for a peer that has no cache. */
  readonly memory: Memory;
  /** As the host, the driver, sees it. */
  readonly host: Memory;
  /** As the remote, the device, sees it. */
  readonly remote: Memory;
  /**
   * Asks whether both sides did with it what it stands.
   *
   * @throws {TestingError} `INCOHERENT` where a cache hid or destroyed a write; `ACCESS` where memory
   *   of kind `device` refused one.
   */
  check(): void;
}

/** A kind of memory that two sides can share. */
export interface MemoryModel {
  /** What it is, for the title of a test. */
  readonly name: string;
  /** Bytes of a cache line, or 1: what a ring and a buffer have to be aligned to. */
  readonly lineSize: number;
  /** Whether an access takes so long that a test had better repeat less. */
  readonly slow: boolean;
  /**
   * Makes such a memory, zeroed.
   *
   * @param size Bytes: a multiple of 4.
   * @param physicalAddress The address of the first byte.
   * @returns The memory. Dispose of it: that does not check it.
   */
  open(size: number, physicalAddress: number): SidedMemory;
}

/** Memory that both sides see alike, at once: the one that most programs have. */
export const coherentModel: MemoryModel = {
  name: "coherent memory",
  lineSize: 1,
  slow: false,
  open(size, physicalAddress) {
    const buffer = new SharedArrayBuffer(size);
    const memory = bufferMemory({ name: "loopback", physicalAddress, buffer });
    return { memory, host: memory, remote: memory, check() {}, [Symbol.dispose]() {} };
  },
};

/** Memory of kind `device`, which refuses every unaligned or bulk access. */
export const deviceModel: MemoryModel = {
  name: "device memory",
  lineSize: 1,
  slow: true,
  open(size, physicalAddress) {
    const device = guardedDeviceMemory({ name: "loopback", physicalAddress, size });
    const { memory } = device;
    return {
      memory,
      host: memory,
      remote: memory,
      check: () => device.check(),
      [Symbol.dispose]: () => device[Symbol.dispose](),
    };
  },
};

/**
 * Memory that each side sees through a cache of its own.
 *
 * @param lineSize Bytes of a line.
 * @param seed Makes the caches restless, by this seed. Default: they do nothing by themselves.
 */
export function cachedModel(lineSize: number, seed?: number): MemoryModel {
  return {
    name: `${seed === undefined ? "" : "restless "}caches with lines of ${lineSize}`,
    lineSize,
    slow: true,
    open(size, physicalAddress) {
      const { words } = bufferMemory({
        name: "loopback",
        physicalAddress,
        buffer: new SharedArrayBuffer(size),
      });
      const random = seed === undefined ? {} : { random: seededRandom(seed) };
      const shared = nonCoherentMemory(words, { lineSize, ...random });
      const over = (each: typeof words): Memory =>
        memoryOver("loopback", physicalAddress, "normal", each);
      return {
        memory: over(shared.uncached),
        host: over(shared.side("host")),
        remote: over(shared.side("remote")),
        check: () => shared.check(),
        [Symbol.dispose]() {},
      };
    },
  };
}

/**
 * The kinds of memory over which whatever uses shared memory has to do the same: run its tests once
 * for each.
 *
 * @example
 * ```ts
 * import { memoryModels, rpmsgLoopback } from "@openamp/testing";
 *
 * for (const model of memoryModels) {
 *   using loopback = await rpmsgLoopback({ model });
 *   let heard = 0;
 *   loopback.remote.createEndpoint({ address: 9, onMessage: (message) => (heard = message.length) });
 *   loopback.host.createEndpoint({ destination: 9 }).trySend(new Uint8Array(32));
 *   if (heard !== 32) throw new Error(`Over ${model.name}, it does not arrive`);
 * }
 * ```
 */
export const memoryModels: readonly MemoryModel[] = [
  coherentModel,
  deviceModel,
  cachedModel(32),
  cachedModel(64),
  cachedModel(32, 1),
  cachedModel(64, 2),
];

/** Some of {@linkcode memoryModels}, one of each kind: for tests that have many cases of their own. */
export const someMemoryModels: readonly MemoryModel[] = [
  coherentModel,
  deviceModel,
  cachedModel(32),
  cachedModel(64, 2),
];
