import { setImmediate } from "node:timers";
import type { Doorbell } from "../../doorbell/doorbell.ts";
import { RingBatch } from "../../doorbell/ring_batch.ts";
import { MetalError } from "../../error.ts";
import { listeners } from "../../event/listeners.ts";
import type { UnixSocket } from "../socket/unix_socket.ts";
import { loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { systemError } from "../libc/system_error.ts";
import { watchReadable } from "../poll/watch_readable.ts";
import { readStream } from "./read_stream.ts";
import { messageRings, RING_BYTES, streamRings } from "./socket_rings.ts";
import type { StreamReading } from "./stream_reading.ts";

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

/**
 * Makes a doorbell of a connected Unix socket, between processes or Workers that run on whatever
 * runtime.
 *
 * A ring is four bytes, the notify id in little-endian: a message of a `seqpacket` socket, or the next
 * bytes of a `stream`. The latter is two to four times as fast, since the runtime reads it itself.
 *
 * It is sent without waiting: where the socket is full, the peer has many to read, and looks at
 * everything when it does. Whatever else a peer sends is heard as a ring of that id, or without one.
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
 * const [first, second] = await unixSocketPair("stream");
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
  const out = new Uint8Array(new ArrayBuffer(RING_BYTES));
  const outView = new DataView(out.buffer);
  let isGone = false;
  let closed = false;

  /** Runs what may throw by itself, so that whoever has called this is left alone by it. */
  function tell(): void {
    try {
      batch.tell((id) => {
        if (!closed) rings.emit(id);
      });
    } catch (thrown) {
      setImmediate(rethrow, thrown);
    }
  }

  function end(): void {
    if (closed || isGone) return;
    isGone = true;
    try {
      hangUps.emit(undefined);
    } catch (thrown) {
      setImmediate(rethrow, thrown);
    }
  }

  const inbound = await (socket.type === "stream" ? readBytes() : readMessages());

  async function readBytes(): Promise<StreamReading> {
    const take = streamRings(batch);
    // A descriptor of the runtime's own: it closes it when it likes, and its number may be another
    // file's by then, to which nothing must be sent.
    const copy = libc.fcntl(socket.descriptor, LINUX.F_DUPFD_CLOEXEC, 0);
    if (copy === -1) throw systemError("Make a doorbell of a socket", libc.errno());
    return readStream(copy, {
      data(bytes) {
        take(bytes);
        tell();
      },
      end,
    });
  }

  async function readMessages(): Promise<StreamReading> {
    const take = messageRings(libc, batch);
    const watch = await watchReadable(socket.descriptor, (event) => {
      take(socket.descriptor);
      tell();
      if (event !== "readable") end();
    });
    return { close: () => watch[Symbol.dispose]() };
  }

  function close(): void {
    if (closed) return;
    closed = true;
    inbound.close();
    socket.close();
  }
  if (socket.closed.aborted) {
    closed = true;
    inbound.close();
    throw new MetalError("CLOSED", "Make a doorbell of a socket: it was closed meanwhile");
  }
  // Whoever holds the socket may close it as well.
  socket.closed.addEventListener("abort", close, { once: true });

  return {
    ring(id) {
      if (closed || isGone) return;
      outView.setUint32(0, id, true);
      // Whether it is sent or not: where there is no room, the peer is going to look anyway.
      libc.send(socket.descriptor, out, RING_BYTES, LINUX.MSG_DONTWAIT | LINUX.MSG_NOSIGNAL);
    },
    listen: (callback) => rings.add(callback),
    onHangUp(callback) {
      if (!isGone) return hangUps.add(callback);
      const late = listeners<undefined>();
      setImmediate(() => late.emit(undefined));
      return late.add(callback);
    },
    [Symbol.dispose]: close,
  };
}

function rethrow(failure: unknown): never {
  throw failure;
}
