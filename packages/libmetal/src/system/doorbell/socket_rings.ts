import type { RingBatch } from "../../doorbell/ring_batch.ts";
import type { Libc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";

/** Bytes of a ring on a socket: its notify id, little-endian. */
export const RING_BYTES = 4;
/** Messages that are read in one turn of the event loop; the rest is read in the next. */
const MOST_MESSAGES = 64;
/** Bytes of a stream that are looked at one by one; more of them are many rings, whatever their ids. */
const MOST_BYTES = 64;

/**
 * Reads the rings of a `seqpacket` socket, a message each.
 *
 * @param libc The C library.
 * @param batch Where they go.
 * @returns Reads what is there, and never more than a turn of the event loop has room for.
 */
export function messageRings(libc: Libc, batch: RingBatch): (descriptor: number) => void {
  // One byte more than a ring has, so that a longer message is told from it.
  const bytes = new Uint8Array(new ArrayBuffer(RING_BYTES + 1));
  const view = new DataView(bytes.buffer);
  return (descriptor) => {
    for (let message = 0; message < MOST_MESSAGES; message++) {
      const length = libc.recv(descriptor, bytes, bytes.length, LINUX.MSG_DONTWAIT);
      // Nothing more, the end, or an empty message, which is over with that.
      if (length <= 0) break;
      batch.add(length === RING_BYTES ? view.getUint32(0, true) : undefined);
    }
  };
}

/**
 * Takes the rings out of the bytes of a `stream` socket, in which they follow each other.
 *
 * @param batch Where they go.
 * @returns Takes the next bytes, however they are cut.
 */
export function streamRings(batch: RingBatch): (bytes: Uint8Array) => void {
  const ring = new Uint8Array(RING_BYTES);
  const view = new DataView(ring.buffer);
  /** Bytes of a ring whose end has not come yet. */
  let begun = 0;
  return (bytes) => {
    let at = 0;
    if (bytes.length > MOST_BYTES) {
      batch.add(undefined);
      // The place of the last bytes in their ring stays what it is.
      at = bytes.length - MOST_BYTES;
      begun = (begun + at) % RING_BYTES;
    }
    for (; at < bytes.length; at++) {
      ring[begun++] = bytes[at]!;
      if (begun < RING_BYTES) continue;
      begun = 0;
      batch.add(view.getUint32(0, true));
    }
  };
}
