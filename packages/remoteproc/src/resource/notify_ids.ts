import { RemoteprocError } from "../error.ts";
import type { VdevEntry } from "./entry.ts";
import { FW_RSC_NOTIFY_ID_ANY } from "./wire.ts";

/** How many notify ids a processor has unless its platform says otherwise. */
export const NOTIFY_ID_COUNT = 1024;

/**
 * The notify ids of one processor: the numbers by which a doorbell tells rings and devices apart.
 *
 * An id is in use at most once. A full set and a taken id are errors; the C library returns an id
 * that is in use instead.
 *
 * @example
 * ```ts
 * import { NotifyIds } from "@openamp/remoteproc/resource-table";
 *
 * const ids = new NotifyIds();
 * ids.claim(0);
 * if (ids.allocate() !== 1) throw new Error("Expected the lowest free id");
 * ids.release(0);
 * if (ids.allocate() !== 0) throw new Error("Expected the released id");
 * ```
 */
export class NotifyIds {
  /** Ids are integers from 0 to `count` − 1. */
  readonly count: number;
  readonly #used = new Set<number>();

  /**
   * @param count How many ids the doorbell can tell apart, 1 to 1024; for example 256 where an id
   *   travels as one byte.
   * @throws {RemoteprocError} `NOTIFY_ID` when `count` is out of range.
   */
  constructor(count: number = NOTIFY_ID_COUNT) {
    if (!Number.isInteger(count) || count < 1 || count > NOTIFY_ID_COUNT) {
      throw new RemoteprocError(
        "NOTIFY_ID",
        `A processor has 1 to ${NOTIFY_ID_COUNT} notify ids, got ${count}`,
      );
    }
    this.count = count;
  }

  /** How many ids are in use. */
  get size(): number {
    return this.#used.size;
  }

  /**
   * Takes one particular id.
   *
   * @param id From 0 to `count` − 1.
   * @returns The same id.
   * @throws {RemoteprocError} `NOTIFY_ID` when it is out of range or in use.
   */
  claim(id: number): number {
    if (!Number.isInteger(id) || id < 0 || id >= this.count) {
      throw new RemoteprocError(
        "NOTIFY_ID",
        `Cannot use notify id ${id}: ids go from 0 to ${this.count - 1}`,
      );
    }
    if (this.#used.has(id)) {
      throw new RemoteprocError("NOTIFY_ID", `Cannot use notify id ${id}: it is in use`);
    }
    this.#used.add(id);
    return id;
  }

  /**
   * Takes the lowest id that is free.
   *
   * @returns The id.
   * @throws {RemoteprocError} `NOTIFY_ID` when all are in use.
   */
  allocate(): number {
    for (let id = 0; id < this.count; id++) {
      if (!this.#used.has(id)) return this.claim(id);
    }
    throw new RemoteprocError(
      "NOTIFY_ID",
      `Cannot allocate a notify id: all ${this.count} are in use`,
    );
  }

  /**
   * Gives an id back; one that is free stays free.
   *
   * @param id The id.
   */
  release(id: number): void {
    this.#used.delete(id);
  }
}

/** The notify ids of one virtio device, as the host writes them into the live table. */
export interface VdevNotifyIds {
  /** Rung for status and features. */
  readonly vdev: number;
  /** Rung for each queue, in the order of the vrings. */
  readonly vrings: readonly number[];
}

/**
 * Gives each virtio device of a table and each of its rings a notify id of its own.
 *
 * Ids that the table fixes are taken first, wherever they stand, so that none of them is given to a
 * field that leaves the choice to the host. After an error no id of this call is in use.
 *
 * @param ids The processor's ids.
 * @param vdevs The devices of its table.
 * @returns The ids in the order of `vdevs`.
 * @throws {RemoteprocError} `NOTIFY_ID` when a fixed id is out of range or in use, or none is left.
 *
 * @example
 * ```ts
 * import {
 *   assignNotifyIds,
 *   buildResourceTable,
 *   NotifyIds,
 *   parseResourceTable,
 * } from "@openamp/remoteproc/resource-table";
 *
 * const vring = { num: 16, align: 16 };
 * const table = parseResourceTable(
 *   buildResourceTable([
 *     { type: "vdev", id: 7, dfeatures: 1, notifyid: 1, vrings: [vring, vring] },
 *   ]),
 * );
 * const vdevs = table.entries.filter((entry) => entry.type === "vdev");
 * const [ids] = assignNotifyIds(new NotifyIds(), vdevs);
 * if (ids?.vdev !== 1 || ids.vrings.join() !== "0,2") throw new Error("Unexpected ids");
 * ```
 */
export function assignNotifyIds(
  ids: NotifyIds,
  vdevs: readonly VdevEntry[],
): readonly VdevNotifyIds[] {
  const taken: number[] = [];
  const take = (id: number): number => {
    taken.push(id);
    return id;
  };
  try {
    for (const { notifyid, vrings } of vdevs) {
      for (const id of [notifyid, ...vrings.map((vring) => vring.notifyid)]) {
        if (id !== FW_RSC_NOTIFY_ID_ANY) take(ids.claim(id));
      }
    }
    const choose = (id: number): number =>
      id === FW_RSC_NOTIFY_ID_ANY ? take(ids.allocate()) : id;
    return vdevs.map(({ notifyid, vrings }) => {
      // Rings first: Linux numbers them from 0, and remotes are built with that in mind.
      const rings = vrings.map((vring) => choose(vring.notifyid));
      return { vdev: choose(notifyid), vrings: rings };
    });
  } catch (error) {
    for (const id of taken) ids.release(id);
    throw error;
  }
}
