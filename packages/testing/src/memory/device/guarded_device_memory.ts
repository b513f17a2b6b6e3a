import { bufferMemory, type Memory, memoryOver } from "@openamp/libmetal";

import { TestingError } from "../../error.ts";
import { guardedWords } from "../guarded_words.ts";
import { type BulkRule, watchBulk } from "./bulk_watch.ts";

/** An access that memory of kind `device` does not stand. */
export interface DeviceRefusal {
  /** What was done: `read`, `write`, or the name of the built-in function. */
  readonly operation: string;
  /** Why not. */
  readonly rule: "outside" | "misaligned" | BulkRule;
}

/** What {@linkcode guardedDeviceMemory} needs. */
export interface GuardedDeviceOptions {
  /** The name, for messages. Default `device`. */
  readonly name?: string;
  /** The physical address of the first byte. Default 0. */
  readonly physicalAddress?: number;
  /** Bytes: a multiple of 4. */
  readonly size: number;
}

/** Memory of kind `device` that refuses what such memory does not stand. */
export interface GuardedDeviceMemory extends Disposable {
  /** The memory. */
  readonly memory: Memory;
  /** What was refused, in order. */
  readonly refusals: readonly DeviceRefusal[];
  /**
   * Asks whether all went well, also where somebody caught what was thrown.
   *
   * @throws {TestingError} `ACCESS` where anything was refused.
   */
  check(): void;
}

/**
 * Makes memory of kind `device` that refuses every unaligned and every bulk access, with `ACCESS`:
 * what ends a process with SIGBUS where the memory is UIO's, a no-map reservation, or the
 * tightly-coupled memory of another core, on Arm.
 *
 * It guards on both sides of the words. Above them, a word that is not aligned or lies outside is
 * refused, which a typed array would read from another place, or as nothing. Below them, the buffer
 * is watched: `MappedWords` of libmetal, which is the one that programs use, has to do with element
 * reads and writes and atomic loads and stores alone, also where it copies and fills. There is no
 * mapping to go past it.
 *
 * @param options How large, and where.
 * @returns The memory; dispose of it, since the built-in functions of the realm look out for it.
 *
 * @example
 * ```ts
 * import { guardedDeviceMemory } from "@openamp/testing";
 *
 * using device = guardedDeviceMemory({ size: 64 });
 * device.memory.writeBlock(3, new Uint8Array(7).fill(1)); // byte by byte, and by words
 * if (device.memory.read8(9) !== 1 || device.refusals.length > 0) throw new Error("It is copied");
 * try {
 *   device.memory.words.get32(2);
 *   throw new Error("It was read from another place");
 * } catch (error) {
 *   if (device.refusals[0]?.rule !== "misaligned") throw error;
 * }
 * ```
 */
export function guardedDeviceMemory(options: GuardedDeviceOptions): GuardedDeviceMemory {
  const { name = "device", physicalAddress = 0, size } = options;
  const buffer = new SharedArrayBuffer(size);
  const { words } = bufferMemory({ name, physicalAddress, buffer, kind: "device" });
  const refusals: DeviceRefusal[] = [];
  const guarded = guardedWords(words, {
    onViolation: ({ access, rule }) => {
      if (rule === "outside" || rule === "misaligned") {
        refusals.push({ operation: access.action, rule });
      }
    },
  });
  const watch = watchBulk(buffer, (operation, rule) => {
    refusals.push({ operation, rule });
    throw new TestingError(
      "ACCESS",
      `Use ${operation} on memory "${name}" of kind device: it stands aligned loads and stores only`,
    );
  });
  return {
    memory: memoryOver(name, physicalAddress, "device", guarded),
    refusals,
    check() {
      if (refusals.length === 0) return;
      const shown = refusals.map(({ operation, rule }) => `${operation} (${rule})`);
      throw new TestingError(
        "ACCESS",
        `Use memory "${name}" of kind device: it refused ${[...new Set(shown)].join(", ")}`,
      );
    },
    [Symbol.dispose]() {
      watch[Symbol.dispose]();
    },
  };
}
