/**
 * A 32-bit view of the private array that a copy uses again and again.
 *
 * A copy by 32-bit words is three times as fast as one by bytes (measured, 32 bytes: 9 ns against
 * 29 ns on Bun), but needs a word view of the caller's array, and to make one per message would be
 * garbage. So it is made when the same array comes a second time in a row, and kept until another
 * takes its place. It keeps that one array from being collected, nothing more.
 */
export class WordAlias {
  #array: Uint8Array | undefined;
  #words: Uint32Array | undefined;
  #seenTwice = false;

  /** The words of `array` from its start, or undefined where bytes have to do. */
  of(array: Uint8Array): Uint32Array | undefined {
    if (array === this.#array) {
      if (!this.#seenTwice) {
        this.#seenTwice = true;
        this.#words = wordsOf(array);
      }
      return this.#words;
    }
    this.#array = array;
    this.#words = undefined;
    this.#seenTwice = false;
    return undefined;
  }
}

function wordsOf(array: Uint8Array): Uint32Array | undefined {
  const { buffer, byteOffset, byteLength } = array;
  // A view of fixed length over a buffer that shrinks would read as empty.
  const fixed = buffer instanceof ArrayBuffer ? !buffer.resizable : !buffer.growable;
  if (byteOffset % 4 !== 0 || !fixed) return undefined;
  return new Uint32Array(buffer, byteOffset, byteLength >>> 2);
}
