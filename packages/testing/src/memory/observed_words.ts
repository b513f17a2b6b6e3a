import type { SharedWords } from "@openamp/libmetal";

/** One access to shared words, as an observer sees it. */
export interface WordAccess {
  /** What was done. */
  readonly action: "read" | "write" | "flush" | "invalidate";
  /** Bytes from the start. */
  readonly offset: number;
  /** Bytes in all. */
  readonly length: number;
  /** Bytes of one cell: 2, 4 or 8 for a single word, 1 for a byte or a copy, whatever its length. */
  readonly width: 1 | 2 | 4 | 8;
  /** Whether it was sequentially consistent: `load` and `store`. */
  readonly atomic: boolean;
}

/**
 * Words that tell of each access before it happens: what guarded and changing words are made of.
 *
 * `view` gives a copy, as memory of kind `device` does, since an array over the bytes could not be
 * observed.
 *
 * @param words The bytes.
 * @param observe Called before each access; what it throws comes out of the access, which then does
 *   not happen.
 * @returns Words over the same bytes.
 *
 * @example
 * ```ts
 * import { bufferMemory } from "@openamp/libmetal";
 * import { observedWords } from "@openamp/testing";
 *
 * const { words } = bufferMemory({ name: "shm", physicalAddress: 0, buffer: new ArrayBuffer(64) });
 * const seen: string[] = [];
 * const observed = observedWords(words, (access) => seen.push(`${access.action} ${access.offset}`));
 * observed.store16(2, 7);
 * if (observed.load16(2) !== 7) throw new Error("The access happens");
 * if (seen.join() !== "write 2,read 2") throw new Error("And is told of");
 * ```
 */
export function observedWords(
  words: SharedWords,
  observe: (access: WordAccess) => void,
): SharedWords {
  function cell(
    action: "read" | "write",
    offset: number,
    width: WordAccess["width"],
    atomic: boolean = false,
  ): void {
    observe({ action, offset, length: width, width, atomic });
  }
  function range(action: WordAccess["action"], offset: number, length: number): void {
    observe({ action, offset, length, width: 1, atomic: false });
  }

  return {
    byteLength: words.byteLength,
    lineSize: words.lineSize,
    get8(offset) {
      cell("read", offset, 1);
      return words.get8(offset);
    },
    get16(offset) {
      cell("read", offset, 2);
      return words.get16(offset);
    },
    get32(offset) {
      cell("read", offset, 4);
      return words.get32(offset);
    },
    get64(offset) {
      cell("read", offset, 8);
      return words.get64(offset);
    },
    set8(offset, value) {
      cell("write", offset, 1);
      words.set8(offset, value);
    },
    set16(offset, value) {
      cell("write", offset, 2);
      words.set16(offset, value);
    },
    set32(offset, value) {
      cell("write", offset, 4);
      words.set32(offset, value);
    },
    set64(offset, value) {
      cell("write", offset, 8);
      words.set64(offset, value);
    },
    load8(offset) {
      cell("read", offset, 1, true);
      return words.load8(offset);
    },
    load16(offset) {
      cell("read", offset, 2, true);
      return words.load16(offset);
    },
    load32(offset) {
      cell("read", offset, 4, true);
      return words.load32(offset);
    },
    load64(offset) {
      cell("read", offset, 8, true);
      return words.load64(offset);
    },
    store8(offset, value) {
      cell("write", offset, 1, true);
      words.store8(offset, value);
    },
    store16(offset, value) {
      cell("write", offset, 2, true);
      words.store16(offset, value);
    },
    store32(offset, value) {
      cell("write", offset, 4, true);
      words.store32(offset, value);
    },
    store64(offset, value) {
      cell("write", offset, 8, true);
      words.store64(offset, value);
    },
    copyIn(offset, source, sourceOffset, length) {
      range("write", offset, length);
      words.copyIn(offset, source, sourceOffset, length);
    },
    copyOut(offset, target, targetOffset, length) {
      range("read", offset, length);
      words.copyOut(offset, target, targetOffset, length);
    },
    fill(offset, value, length) {
      range("write", offset, length);
      words.fill(offset, value, length);
    },
    view(offset, length) {
      range("read", offset, length);
      const copy = new Uint8Array(length);
      words.copyOut(offset, copy, 0, length);
      return copy;
    },
    flush(offset, length) {
      range("flush", offset, length);
      words.flush(offset, length);
    },
    invalidate(offset, length) {
      range("invalidate", offset, length);
      words.invalidate(offset, length);
    },
  };
}
