import { addressSpace, bufferMemory, memoryOver } from "@openamp/libmetal";
import type { AddressSpace, SharedWords } from "@openamp/libmetal";
import { clearSplitRing, splitRing, splitRingLayout } from "@openamp/virtio";
import type { SplitRing } from "@openamp/virtio";

import { coherentModel, type MemoryModel } from "../loopback/memory_model.ts";

/** What {@linkcode loopbackRing} needs. */
export interface LoopbackOptions {
  /** Entries: a power of two, 1 to 32768. */
  readonly size: number;
  /** Alignment of the used ring. Default 16, or a cache line of the memory. */
  readonly align?: number;
  /** What kind of memory the ring lies in. Default: coherent memory. */
  readonly model?: MemoryModel;
  /** Bytes for buffers: a multiple of 4. Default 65536. */
  readonly bufferBytes?: number;
}

/** A ring in memory of this thread, and memory for its buffers. */
export interface LoopbackRing extends Disposable {
  /** Entries. */
  readonly size: number;
  /** The bytes of the ring: put a guard, a change or a cache on them, and open the ring over it. */
  readonly words: SharedWords;
  /** The same bytes as the driver sees them in memory of this kind. */
  readonly driverWords: SharedWords;
  /** The same bytes as the device sees them in memory of this kind. */
  readonly deviceWords: SharedWords;
  /** What the driver may name in a descriptor: the buffers, and nothing else. */
  readonly space: AddressSpace;
  /** The buffers: the end of a window, behind which nothing lies. */
  readonly buffer: { readonly address: number; readonly length: number };
  /** Opens the ring over words that lead to the same bytes. Each side may have its own. */
  over(words: SharedWords): SplitRing;
  /** Throws {@linkcode TestingError} `INCOHERENT` where a cache hid or destroyed a write. */
  check(): void;
}

/** Where the two memories start: far from 0, so that an address is never its offset. */
const RING_ADDRESS = 0x21000000;
const BUFFER_ADDRESS = 0x22000000;

/**
 * Makes an empty ring and memory for its buffers.
 *
 * @param options How large.
 * @returns The ring, zeroed.
 *
 * @example
 * ```ts
 * import { SplitDeviceVirtqueue, SplitDriverVirtqueue } from "@openamp/virtio";
 * import { guardedWords, loopbackRing } from "@openamp/testing";
 *
 * const loopback = loopbackRing({ size: 16 });
 * const guarded = guardedWords(loopback.words);
 * const driver = new SplitDriverVirtqueue(loopback.over(loopback.words));
 * const device = new SplitDeviceVirtqueue(loopback.over(guarded), loopback.space);
 * driver.add(loopback.buffer.address, 64, false);
 * driver.publish();
 * const { repeatedReads } = guarded.record(() => device.take());
 * if (repeatedReads.length > 0) throw new Error("A field was read twice");
 * ```
 */
export function loopbackRing(options: LoopbackOptions): LoopbackRing {
  const { size, model = coherentModel, bufferBytes = 0x10000 } = options;
  const align = options.align ?? Math.max(16, model.lineSize);
  const ringBytes = Math.ceil(splitRingLayout(size, align).byteLength / 4) * 4;
  const sided = model.open(ringBytes, RING_ADDRESS);
  const { words } = sided.memory;
  const buffers = bufferMemory({
    name: "buffers",
    physicalAddress: BUFFER_ADDRESS,
    buffer: new ArrayBuffer(bufferBytes),
  });

  function over(view: SharedWords): SplitRing {
    const memory = memoryOver("ring", RING_ADDRESS, "normal", view);
    const space = addressSpace([{ name: "ring", address: RING_ADDRESS, memory }]);
    return splitRing(space, RING_ADDRESS, size, align);
  }

  clearSplitRing(over(words));
  return {
    size,
    words,
    driverWords: sided.host.words,
    deviceWords: sided.remote.words,
    space: addressSpace([{ name: "buffers", address: BUFFER_ADDRESS, memory: buffers }]),
    buffer: { address: BUFFER_ADDRESS, length: bufferBytes },
    over,
    check: () => sided.check(),
    [Symbol.dispose]: () => sided[Symbol.dispose](),
  };
}
