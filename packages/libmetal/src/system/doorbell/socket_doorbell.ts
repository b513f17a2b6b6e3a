import type { Doorbell } from "../../doorbell/doorbell.ts";
import { RingBatch } from "../../doorbell/ring_batch.ts";
import { listeners } from "../../event/listeners.ts";
import type { UnixSocket } from "../descriptor/unix_socket.ts";
import { nextTurn } from "../../time/next_turn.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { watchReadable } from "../poll/watch_readable.ts";

/** A doorbell over a Unix socket, and its end. */
export interface SocketDoorbell extends Doorbell, Disposable {
  /**
   * Calls back once when the peer is gone: it has closed its end, or its process has ended, however.
   * Where it is gone already, in the next turn of the event loop.
   *
   * @param callback What to call.
   * @returns Ends that when it is disposed of.
   */
  onHangUp(callback: () => void): Disposable;
}

/** Bytes of a ring on the line: its notify id, little-endian. */
const RING_BYTES = 4;
/** Messages that are read in one turn of the event loop; the rest is read in the next. */
const MOST_MESSAGES = 64;
/** Bytes of a stream that are read in one turn. */
const MOST_BYTES = 1024;

/**
 * Makes a doorbell of a connected Unix socket, between processes or Workers that run on whatever
 * runtime.
 *
 * A ring is a message of four bytes, the notify id in little-endian; on a `stream` socket they follow
 * each other. It is sent without waiting: where the socket is full, the peer has many to read, and so
 * looks at everything when it does. Whatever else a peer sends is heard as a ring without an id.
 *
 * It keeps the program alive until it is disposed of.
 *
 * @param socket One end of the line, which is the doorbell's from here on: disposing of the doorbell
 *   closes it.
 * @returns The doorbell.
 * @throws {MetalError} `CLOSED` where the socket is closed; `EXISTS` where it is watched already;
 *   `UNSUPPORTED` where the C library cannot be called.
 *
 * @example
 * ```ts
 * import { socketDoorbell, unixSocketPair } from "@openamp/libmetal/system";
 *
 * const [first, second] = await unixSocketPair();
 * using host = await socketDoorbell(first);
 * using remote = await socketDoorbell(second);
 * const heard = new Promise<number | undefined>((resolve) => remote.listen(resolve));
 * host.ring(7);
 * if ((await heard) !== 7) throw new Error("It carries the id");
 * ```
 */
export async function socketDoorbell(socket: UnixSocket): Promise<SocketDoorbell> {
  const libc = await loadLibc();
  const rings = listeners<number | undefined>();
  const hangUps = listeners<undefined>();
  const batch = new RingBatch();
  const read = socket.type === "stream" ? streamReader(libc, batch) : messageReader(libc, batch);
  const out = new Uint8Array(new ArrayBuffer(RING_BYTES));
  const outView = new DataView(out.buffer);
  let isGone = false;
  let closed = false;

  function emit(id: number | undefined): void {
    if (!closed) rings.emit(id);
  }

  function tellHangUp(): void {
    if (!closed) hangUps.emit(undefined);
  }

  const watch = await watchReadable(socket.descriptor, (event) => {
    isGone = event !== "readable";
    try {
      read(socket.descriptor);
      batch.tell(emit);
    } finally {
      if (isGone) tellHangUp();
    }
  });

  return {
    ring(id) {
      if (closed || isGone || socket.closed.aborted) return;
      outView.setUint32(0, id, true);
      // Whether it is sent or not: where there is no room, the peer is going to look anyway.
      libc.send(socket.descriptor, out, RING_BYTES, LINUX.MSG_DONTWAIT | LINUX.MSG_NOSIGNAL);
    },
    listen: (callback) => rings.add(callback),
    onHangUp(callback) {
      if (!isGone) return hangUps.add(callback);
      const late = listeners<undefined>();
      nextTurn(() => late.emit(undefined));
      return late.add(callback);
    },
    [Symbol.dispose]() {
      if (closed) return;
      closed = true;
      watch[Symbol.dispose]();
      socket.close();
    },
  };
}

/** Adds what is there to a batch, and never more than a turn of the event loop has room for. */
type Reader = (descriptor: number) => void;

function messageReader(libc: Libc, batch: RingBatch): Reader {
  // One byte more than a ring has, so that a longer message is told from it.
  const bytes = new Uint8Array(new ArrayBuffer(RING_BYTES + 1));
  const view = new DataView(bytes.buffer);
  return (descriptor) => {
    for (let message = 0; message < MOST_MESSAGES; message++) {
      const length = libc.recv(descriptor, bytes, bytes.length, LINUX.MSG_DONTWAIT);
      // The end, or nothing more; an empty message ends the look as well, and is over with it.
      if (length <= 0) break;
      batch.add(length === RING_BYTES ? view.getUint32(0, true) : undefined);
    }
  };
}

function streamReader(libc: Libc, batch: RingBatch): Reader {
  const bytes = new Uint8Array(new ArrayBuffer(MOST_BYTES));
  const ring = new Uint8Array(RING_BYTES);
  const view = new DataView(ring.buffer);
  /** Bytes of a ring whose end has not come yet. */
  let begun = 0;
  return (descriptor) => {
    const length = libc.recv(descriptor, bytes, bytes.length, LINUX.MSG_DONTWAIT);
    for (let at = 0; at < length; at++) {
      ring[begun++] = bytes[at]!;
      if (begun < RING_BYTES) continue;
      begun = 0;
      batch.add(view.getUint32(0, true));
    }
  };
}
