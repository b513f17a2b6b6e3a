import { setImmediate } from "node:timers";

import { type Doorbell, listeners } from "@openamp/libmetal";

/** A doorbell between two Workers, and its end. */
export interface AtomicsDoorbell extends Doorbell, Disposable {}

/** Bytes of the words that two sides of an {@linkcode atomicsDoorbell} share. */
export const DOORBELL_BYTES = 8;

/**
 * Makes one side of a doorbell over two words in shared memory: each side adds to the other's word
 * and wakes it, and waits on its own without blocking its event loop.
 *
 * It carries no id: whoever hears it looks at everything.
 *
 * @param words The two words; the same memory on both sides, zeroed at first.
 * @param own Which of the two is ours: 0 on one side, 1 on the other.
 * @returns The doorbell. Dispose of it to end its wait.
 *
 * @example
 * ```ts
 * import { atomicsDoorbell, DOORBELL_BYTES } from "@openamp/platform-local";
 *
 * const words = new Int32Array(new SharedArrayBuffer(DOORBELL_BYTES));
 * using host = atomicsDoorbell(words, 0);
 * using remote = atomicsDoorbell(words, 1);
 * const heard = new Promise<number | undefined>((resolve) => remote.listen(resolve));
 * host.ring(1);
 * if ((await heard) !== undefined) throw new Error("It carries no id");
 * ```
 */
export function atomicsDoorbell(words: Int32Array<SharedArrayBuffer>, own: 0 | 1): AtomicsDoorbell {
  const peer = 1 - own;
  const rings = listeners<number | undefined>();
  let heard = Atomics.load(words, own);
  let closed = false;

  function listen(): void {
    if (closed) return;
    const wait = Atomics.waitAsync(words, own, heard);
    // A wake may be a late one, for a ring that was heard already: it is looked at again.
    if (wait.async) void wait.value.then(hear);
    // In a turn of its own: a peer that rings without a pause would keep the event loop here (T24).
    else setImmediate(hear);
  }

  function hear(): void {
    try {
      hearNow();
    } finally {
      // A listener that throws makes nobody deaf.
      listen();
    }
  }

  function hearNow(): void {
    const now = Atomics.load(words, own);
    if (closed || now === heard) return;
    heard = now;
    rings.emit(undefined);
  }

  listen();
  return {
    ring() {
      Atomics.add(words, peer, 1);
      Atomics.notify(words, peer);
    },
    listen: (callback) => rings.add(callback),
    [Symbol.dispose]() {
      closed = true;
      // Ends our own pending wait, which would otherwise live as long as the memory.
      Atomics.notify(words, own);
    },
  };
}
