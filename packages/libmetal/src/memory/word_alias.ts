/**
 * Notes in a row that make an alias. Two would do for one array; but of some that take turns at
 * random each comes twice in a row now and then, and what is made then is garbage soon.
 */
export const NOTES = 16;

/**
 * A 32-bit view of the private array that a copy uses again and again.
 *
 * A copy by 32-bit words takes a quarter of the time of one by bytes, but needs a word view of the
 * caller's array, and to make one per message would be garbage. So it is made when the same array
 * is noted {@linkcode NOTES} times in a row, and kept until that happens to another: arrays that
 * take turns, in any order, do not drive it out. It keeps two arrays from being collected, nothing
 * more.
 *
 * Its fields are plain, and read by the copy itself, because a call here costs as much as the copy
 * of eight words (measured on Bun).
 */
export class WordAlias {
  /** The array that {@linkcode words} shows, or undefined. */
  array: Uint8Array | undefined;
  /** The words of `array` from its start; the 1 to 3 bytes behind the last whole word are not in it. */
  words: Uint32Array = new Uint32Array(0);
  #noted: Uint8Array | undefined;
  #notes = 0;

  /** Notes a copy of an array that is not the aliased one. */
  note(array: Uint8Array): void {
    if (array !== this.#noted) {
      this.#noted = array;
      this.#notes = 0;
    }
    this.#notes++;
    if (this.#notes < NOTES) return;
    const { buffer, byteOffset, byteLength } = array;
    // A view of fixed length over a buffer that shrinks would read as empty.
    const fixed = buffer instanceof ArrayBuffer ? !buffer.resizable : !buffer.growable;
    if (byteOffset % 4 !== 0 || !fixed) return;
    this.array = array;
    this.words = new Uint32Array(buffer, byteOffset, Math.floor(byteLength / 4));
  }
}
