import type { Memory } from "@openamp/libmetal";

import { MEMORY_ADDRESS, MEMORY_SIZE } from "../../loopback/loopback_memory.ts";
import { coherentModel } from "../../loopback/memory_model.ts";
import type { RawRpmsgPeerOptions } from "./raw_rpmsg_peer.ts";

/** The memory of a victim and of its raw peer, which has no cache. */
export interface RawMemory extends Disposable {
  /** As the peer sees it. */
  readonly memory: Memory;
  /** As the victim sees it. */
  readonly victimMemory: Memory;
}

/**
 * Takes the memory that was given, or opens one.
 *
 * @param options What the peer was made with.
 * @param role The role of the victim.
 * @returns Both views.
 */
export function rawMemory(options: RawRpmsgPeerOptions, role: "host" | "remote"): RawMemory {
  const { victimMemory, model = coherentModel } = options;
  if (victimMemory !== undefined) {
    const memory = options.memory ?? victimMemory;
    return { memory, victimMemory, [Symbol.dispose]() {} };
  }
  const sided = model.open(MEMORY_SIZE, MEMORY_ADDRESS);
  return {
    memory: options.memory ?? sided.memory,
    victimMemory: sided[role],
    [Symbol.dispose]: () => sided[Symbol.dispose](),
  };
}
