import { atomicsFutex, type Doorbell, futexDoorbell } from "@openamp/libmetal";

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
  const first = words.byteOffset / words.BYTES_PER_ELEMENT;
  return futexDoorbell({
    futex: atomicsFutex(words.buffer),
    own: first + own,
    peer: first + 1 - own,
  });
}
