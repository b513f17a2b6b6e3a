import type { Clock, Logger, Memory } from "@openamp/libmetal";
import type { RpmsgDevice } from "@openamp/rpmsg";
import {
  RPMSG_HEADER_DESTINATION,
  RPMSG_HEADER_FLAGS,
  RPMSG_HEADER_LENGTH,
  RPMSG_HEADER_RESERVED,
  RPMSG_HEADER_SIZE,
  RPMSG_HEADER_SOURCE,
} from "@openamp/rpmsg/wire";

import type { MemoryModel } from "../../loopback/memory_model.ts";
import type { SharedVdev, SharedVdevOptions } from "../../loopback/shared_vdev.ts";

/** A message with nothing checked: any field may lie. Values are cut to the width of their field. */
export interface RawFrame {
  /** `src`. Default 0x400. */
  readonly source?: number;
  /** `dst`. */
  readonly destination: number;
  /** What follows the header. Default: nothing. */
  readonly payload?: Uint8Array;
  /** `len`. Default: the bytes of `payload`. */
  readonly length?: number;
  /** `flags`. Default 0. */
  readonly flags?: number;
  /** `reserved`. Default 0. */
  readonly reserved?: number;
}

/** A frame, and how it is handed over. */
export interface RawDelivery extends RawFrame {
  /**
   * Bytes that the peer says there are: `used.len` of a remote, the descriptor's length of a host.
   * Default: header and payload.
   */
  readonly claimed?: number;
  /** A host only: where the frame is cut into descriptors, in rising order. Default: nowhere. */
  readonly cuts?: readonly number[];
}

/** What both raw peers are made of. */
export interface RawRpmsgPeerOptions extends Omit<SharedVdevOptions, "sides"> {
  /** Measures every timeout of the victim. */
  readonly clock: Clock;
  /** Takes what the victim logs. Default: nobody. */
  readonly logger?: Logger;
  /** What kind of memory both share, where it is not given. Default: coherent memory. */
  readonly model?: MemoryModel;
  /** The memory as the victim sees it, zeroed. Default: 1 MiB of its own. */
  readonly victimMemory?: Memory;
  /** The same bytes as the peer sees them. Default: `victimMemory`. */
  readonly memory?: Memory;
  /** Milliseconds between two looks of the victim when nobody rings. Default 0: none. */
  readonly pollInterval?: number;
}

/**
 * The other end of an rpmsg device, in the hands of a test: it sends what it is told and takes what
 * comes, and keeps no rule by itself.
 */
export interface RawRpmsgPeer extends Disposable {
  /** The device under attack. */
  readonly victim: RpmsgDevice;
  /** The role that the victim plays. */
  readonly victimRole: "host" | "remote";
  /** Where everything lies. */
  readonly vdev: SharedVdev;
  /** The memory as the peer sees it. */
  readonly memory: Memory;
  /** The queue on which the victim receives. */
  readonly victimReceives: number;
  /** The queue on which the victim sends. */
  readonly victimSends: number;
  /** Buffers that the victim gave back since the last call, with the `used.len` that came along. */
  returned(): readonly number[];
  /**
   * Hands a frame over and rings.
   *
   * @param delivery What to send.
   * @returns False where there is no buffer to send it in.
   */
  send(delivery: RawDelivery): boolean;
  /** The same without the ring, for many at once. */
  post(delivery: RawDelivery): boolean;
  /** Takes the next message of the victim, with its header, and gives the buffer back. */
  receive(): Uint8Array | undefined;
  /** Takes the next message of the victim and keeps its buffer. */
  receiveAndKeep(): Uint8Array | undefined;
  /** Rings the victim for a queue. */
  ring(queue: number): void;
}

/**
 * Writes out a frame.
 *
 * @param frame What is in it.
 * @returns Header and payload.
 *
 * @example
 * ```ts
 * import { encodeFrame } from "@openamp/testing";
 *
 * const bytes = encodeFrame({ destination: 0x401, length: 9, payload: new Uint8Array(2) });
 * if (bytes.length !== 18 || bytes[12] !== 9) throw new Error("The header lies about the length");
 * ```
 */
export function encodeFrame(frame: RawFrame): Uint8Array {
  const { payload = new Uint8Array(0) } = frame;
  const bytes = new Uint8Array(RPMSG_HEADER_SIZE + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(RPMSG_HEADER_SOURCE, frame.source ?? 0x400, true);
  view.setUint32(RPMSG_HEADER_DESTINATION, frame.destination, true);
  view.setUint32(RPMSG_HEADER_RESERVED, frame.reserved ?? 0, true);
  view.setUint16(RPMSG_HEADER_LENGTH, frame.length ?? payload.length, true);
  view.setUint16(RPMSG_HEADER_FLAGS, frame.flags ?? 0, true);
  bytes.set(payload, RPMSG_HEADER_SIZE);
  return bytes;
}
