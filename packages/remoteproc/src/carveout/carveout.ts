import type { AddressWindow } from "@openamp/libmetal";

import type { ProcessorResources } from "../driver/processor_driver.ts";
import { RemoteprocError } from "../error.ts";
import { hex } from "../hex.ts";

/** Memory that the host handed out, under both of the peer's names for it. */
export interface Carveout {
  /** The name, as the kernel gives it: `vdev0vring0`, `vdev0buffer`. */
  readonly name: string;
  /** Its first byte as the resource table names it. */
  readonly da: number;
  /** Its first byte as a descriptor names it. */
  readonly bus: number;
  /** Bytes. */
  readonly size: number;
  /** The memory that it lies in; `da - window.bias` is its offset there. */
  readonly window: AddressWindow;
}

/** A range of device addresses. */
export interface DeviceRange {
  /** The first. */
  readonly da: number;
  /** Bytes. */
  readonly size: number;
}

/** Hands out the platform's pool, piece by piece, and takes all of it back at once. */
export class CarveoutAllocator {
  readonly #resources: ProcessorResources;
  readonly #carveouts: Carveout[] = [];
  readonly #taken: DeviceRange[];

  /**
   * @param resources The memories of the processor, with the pool.
   * @param fixed What the firmware has placed itself: where that is in the pool, it is left alone.
   */
  constructor(resources: ProcessorResources, fixed: readonly DeviceRange[] = []) {
    this.#resources = resources;
    this.#taken = [...fixed];
  }

  /** What was handed out, in order. */
  get list(): readonly Carveout[] {
    return this.#carveouts;
  }

  /** Bytes that a piece with this alignment could still have. */
  available(align: number): number {
    return Math.max(0, ...this.#gaps(align).map(({ size }) => size));
  }

  /**
   * Hands out the next piece.
   *
   * @param name The name, for messages and look-ups.
   * @param size Bytes, 1 and up.
   * @param align A power of two.
   * @returns The piece; what was in it before is still in it.
   * @throws {RemoteprocError} `MEMORY_FULL` where the pool has no such piece left.
   */
  allocate(name: string, size: number, align: number): Carveout {
    const { pool, da: space } = this.#resources;
    const da = this.#gaps(align).find((gap) => gap.size >= size)?.da;
    const window = da === undefined ? undefined : space.resolve(da, size);
    if (da === undefined || window === undefined) {
      throw new RemoteprocError(
        "MEMORY_FULL",
        `Place ${name}, ${size} bytes: the pool of ${pool.size} bytes at ${hex(pool.da)} has ` +
          `${this.available(align)} left`,
      );
    }
    this.#taken.push({ da, size });
    const carveout = { name, da, bus: da - pool.da + pool.bus, size, window };
    this.#carveouts.push(carveout);
    return carveout;
  }

  /** What nobody has, by rising address, each from a multiple of `align`. */
  #gaps(align: number): readonly DeviceRange[] {
    const { pool } = this.#resources;
    const end = { da: pool.da + pool.size, size: 0 };
    const gaps: DeviceRange[] = [];
    let next = pool.da;
    for (const { da, size } of [...this.#taken.toSorted((a, b) => a.da - b.da), end]) {
      const start = alignUp(next, align);
      const room = Math.min(da, end.da) - start;
      if (room > 0) gaps.push({ da: start, size: room });
      next = Math.max(next, da + size);
    }
    return gaps;
  }
}

function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
