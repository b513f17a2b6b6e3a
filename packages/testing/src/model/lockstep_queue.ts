import type { AddressSpace } from "@openamp/libmetal";
import type { ChainBuffer, DeviceVirtqueue, DriverVirtqueue } from "@openamp/virtio";

import { TestingError } from "../error.ts";
import { referenceRing } from "./reference_ring.ts";
import type { ReferenceOptions } from "./reference_ring.ts";

/** What {@linkcode lockstepQueue} needs. */
export interface LockstepOptions extends ReferenceOptions {
  /** The driver's side. */
  readonly driver: DriverVirtqueue;
  /** The device's side of the same ring. */
  readonly device: DeviceVirtqueue;
  /** The memories that the driver may name. */
  readonly space: AddressSpace;
}

/** Both sides of a queue, each call of which a plain model makes too. */
export interface LockstepQueue {
  /** Chains that the device took and did not give back, in the order in which it took them. */
  readonly held: number;
  /** Chains that are anywhere between `addChain` and `takeUsed`. */
  readonly inFlight: number;
  /** Where each chain is, and what each side wants, as text: there are only so many states. */
  readonly state: string;
  /** The driver offers a chain; false where too few descriptors are free. */
  addChain(buffers: readonly ChainBuffer[]): boolean;
  /** The driver offers a chain of one buffer; false where no descriptor is free. */
  add(buffer: ChainBuffer): boolean;
  /** The driver publishes; true where the device asks to be told. */
  publish(): boolean;
  /** The device takes a chain; false where there is none. */
  take(): boolean;
  /**
   * The device gives a chain back.
   *
   * @param position Which of those that it holds, 0 to `held - 1`.
   * @param written Bytes for `used.len`.
   */
  complete(position: number, written: number): void;
  /** The device publishes; true where the driver asks to be told. */
  publishUsed(): boolean;
  /** The driver takes a chain back; false where there is none. */
  takeUsed(): boolean;
  /** The device asks not to be told. */
  disableNotifications(): void;
  /** The device asks to be told, and sleeps if the answer is false. */
  enableNotifications(): boolean;
  /** The driver asks not to be told. */
  disableInterrupts(): void;
  /** The driver asks to be told, and sleeps if the answer is false. */
  enableInterrupts(): boolean;
}

interface Chain {
  readonly head: number;
  readonly buffers: readonly ChainBuffer[];
}

interface UsedChain extends Chain {
  readonly written: number;
}

/**
 * Runs both sides of a queue beside a plain model: nothing is lost, nothing comes twice, nothing is
 * changed on the way, free descriptors are counted right, and no wake-up is lost.
 *
 * @param options Both sides, fresh, and how they were made.
 * @returns The queue; each call throws {@linkcode TestingError} `DIVERGED` where the real one does
 *   not do as the model.
 *
 * @example
 * ```ts
 * import { addressSpace, bufferMemory } from "@openamp/libmetal";
 * import { SplitDeviceVirtqueue, SplitDriverVirtqueue, splitRing } from "@openamp/virtio";
 * import { lockstepQueue } from "@openamp/testing";
 *
 * const memory = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(8192) });
 * const space = addressSpace([{ name: "shm", address: 0, memory }]);
 * const queue = lockstepQueue({
 *   driver: new SplitDriverVirtqueue(splitRing(space, 0, 4, 4)),
 *   device: new SplitDeviceVirtqueue(splitRing(space, 0, 4, 4), space),
 *   space,
 * });
 * queue.add({ address: 4096, length: 512, deviceWritable: true });
 * if (queue.take()) throw new Error("Not published yet");
 * queue.publish();
 * if (!queue.take()) throw new Error("Published");
 * ```
 */
export function lockstepQueue(options: LockstepOptions): LockstepQueue {
  const { driver, device, space } = options;
  const available = referenceRing<Chain>(options);
  const used = referenceRing<UsedChain>(options);
  const held: Chain[] = [];
  const heads = new Set<number>();
  let free = driver.size;

  /** What holds after every call. */
  function settled(): void {
    same("the driver's queue is broken", driver.broken?.message, undefined);
    same("the device's queue is broken", device.broken?.message, undefined);
    same("free descriptors", driver.freeCount, free);
  }

  function added(head: number, buffers: readonly ChainBuffer[]): boolean {
    if (!same("a chain is accepted", head !== -1, buffers.length <= free)) return false;
    same("the head is a descriptor", head >= 0 && head < driver.size, true);
    same("the head is in flight", heads.has(head), false);
    heads.add(head);
    available.add({ head, buffers });
    free -= buffers.length;
    settled();
    return true;
  }

  function describesSame({ buffers }: Chain): void {
    same("segments", device.segments, buffers.length);
    for (const [segment, { address, length, deviceWritable }] of buffers.entries()) {
      const window = space.resolve(address, length);
      same(`words of segment ${segment}`, device.words(segment), window?.words);
      same(`offset of segment ${segment}`, device.offset(segment), address - (window?.bias ?? 0));
      same(`length of segment ${segment}`, device.length(segment), length);
      same(`writable of segment ${segment}`, device.writable(segment), deviceWritable);
    }
    same("readable bytes", device.readableLength, bytes(buffers, false));
    same("writable bytes", device.writableLength, bytes(buffers, true));
  }

  return {
    get held() {
      return held.length;
    },
    get inFlight() {
      return heads.size;
    },
    get state() {
      const chains = [
        available.waiting,
        available.published,
        held,
        used.waiting,
        used.published,
      ].map((each) => each.map(({ head, buffers }) => `${head}:${buffers.length}`).join());
      return [...chains, available.state, used.state].join(" | ");
    },
    add(buffer) {
      const { address, length, deviceWritable } = buffer;
      return added(driver.add(address, length, deviceWritable), [buffer]);
    },
    addChain: (buffers) => added(driver.addChain(buffers), buffers),
    publish() {
      const told = same("the device asks to be told", driver.publish(), available.publish());
      settled();
      return told;
    },
    take() {
      const chain = available.take();
      same("head taken", device.take(), chain?.head ?? -1);
      settled();
      if (chain === undefined) return false;
      describesSame(chain);
      held.push(chain);
      return true;
    },
    complete(position, written) {
      const [chain] = held.splice(position, 1);
      if (chain === undefined) {
        throw new TestingError("INVALID_ARGUMENT", `Complete chain ${position} of ${held.length}`);
      }
      device.complete(chain.head, written);
      used.add({ ...chain, written });
      settled();
    },
    publishUsed() {
      const told = same("the driver asks to be told", device.publish(), used.publish());
      settled();
      return told;
    },
    takeUsed() {
      const chain = used.take();
      same("head taken back", driver.takeUsed(), chain?.head ?? -1);
      if (chain !== undefined) {
        const { head, buffers, written } = chain;
        same("used length", driver.usedLength, Math.min(written, bytes(buffers, true)));
        heads.delete(head);
        free += buffers.length;
      }
      settled();
      return chain !== undefined;
    },
    disableNotifications() {
      available.disable();
      device.disableNotifications();
    },
    enableNotifications() {
      return same("chains are there", device.enableNotifications(), available.enable());
    },
    disableInterrupts() {
      used.disable();
      driver.disableInterrupts();
    },
    enableInterrupts() {
      return same("used chains are there", driver.enableInterrupts(), used.enable());
    },
  };
}

function bytes(buffers: readonly ChainBuffer[], deviceWritable: boolean): number {
  let sum = 0;
  for (const buffer of buffers) {
    if (buffer.deviceWritable === deviceWritable) sum += buffer.length;
  }
  return sum;
}

function same<Value>(what: string, real: Value, model: Value): Value {
  if (real !== model) {
    throw new TestingError("DIVERGED", `${what}: ${String(real)}, the model has ${String(model)}`);
  }
  return real;
}
