import type { Doorbell } from "../../doorbell/doorbell.ts";
import { MetalError } from "../../error.ts";
import { listeners } from "../../event/listeners.ts";
import type { Eventfd } from "../descriptor/eventfd.ts";
import { watchReadable } from "../poll/watch_readable.ts";

/** What {@linkcode eventfdDoorbell} needs. Both are the doorbell's from here on, which closes them. */
export interface EventfdDoorbellOptions {
  /** The counter that the peer adds to. */
  readonly own: Eventfd;
  /** The counter that this side adds to. */
  readonly peer: Eventfd;
}

/**
 * Makes a doorbell of two eventfds, between processes or Workers that run on whatever runtime, and with
 * drivers of the kernel that take one (vhost, KVM, VFIO).
 *
 * It carries no id, and nobody learns that a peer is gone. Both sides hold the same open file: a peer
 * that makes it block (`O_NONBLOCK`) and fills its counter could hold this side up in `ring`. Where the
 * peer is not trusted take a socket.
 *
 * It keeps the program alive until it is disposed of.
 *
 * @param options The counters.
 * @returns The doorbell. Disposing of it closes both counters.
 * @throws {MetalError} `CLOSED` where a counter is closed; `EXISTS` where it is watched already;
 *   `UNSUPPORTED` where the C library cannot be called.
 *
 * @example
 * ```ts
 * import { eventfdDoorbell, openEventfd } from "@openamp/libmetal/system";
 *
 * const [first, second] = [await openEventfd(), await openEventfd()];
 * using host = await eventfdDoorbell({ own: first, peer: second });
 * const heard = new Promise<number | undefined>((resolve) => host.listen(resolve));
 * first.add(1); // as the peer does, which has received its descriptor
 * if ((await heard) !== undefined) throw new Error("It carries no id");
 * ```
 */
export async function eventfdDoorbell(
  options: EventfdDoorbellOptions,
): Promise<Doorbell & Disposable> {
  const { own, peer } = options;
  const rings = listeners<undefined>();
  let closed = false;
  const watch = await watchReadable(own.descriptor, () => {
    if (own.take() > 0 && !closed) rings.emit(undefined);
  });

  function close(): void {
    if (closed) return;
    closed = true;
    watch[Symbol.dispose]();
    own.close();
    peer.close();
  }

  if (own.closed.aborted) {
    watch[Symbol.dispose]();
    throw new MetalError("CLOSED", "Make a doorbell of an eventfd: it was closed meanwhile");
  }
  // Whoever holds the counter may close it as well; the peer's descriptor keeps the file open.
  own.closed.addEventListener("abort", close, { once: true });

  return {
    ring() {
      // Where there is no room the counter is not 0, and the peer is going to look anyway.
      if (!closed && !peer.closed.aborted) peer.add(1);
    },
    listen: (callback) => rings.add(callback),
    [Symbol.dispose]: close,
  };
}
