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

/** Hands out the platform's pool, piece by piece, and takes all of it back at once. */
export class CarveoutAllocator {
  readonly #resources: ProcessorResources;
  readonly #carveouts: Carveout[] = [];
  #next: number;

  /**
   * @param resources The memories of the processor, with the pool.
   */
  constructor(resources: ProcessorResources) {
    this.#resources = resources;
    this.#next = resources.pool.da;
  }

  /** What was handed out, in order. */
  get list(): readonly Carveout[] {
    return this.#carveouts;
  }

  /** Bytes that a piece with this alignment could still have. */
  available(align: number): number {
    const { da, size } = this.#resources.pool;
    return Math.max(0, da + size - alignUp(this.#next, align));
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
    const da = alignUp(this.#next, align);
    const window = space.resolve(da, size);
    if (da + size > pool.da + pool.size || window === undefined) {
      throw new RemoteprocError(
        "MEMORY_FULL",
        `Place ${name}, ${size} bytes: the pool of ${pool.size} bytes at ${hex(pool.da)} has ` +
          `${this.available(align)} left`,
      );
    }
    this.#next = da + size;
    const carveout = { name, da, bus: da - pool.da + pool.bus, size, window };
    this.#carveouts.push(carveout);
    return carveout;
  }
}

function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
