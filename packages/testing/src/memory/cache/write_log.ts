import type { SharedWords } from "@openamp/libmetal";

/**
 * Who wrote each byte last, and whether that is in memory: what the caches over one memory are
 * judged by. A write is known by its number; they rise.
 */
export class WriteLog {
  /** The bytes. */
  readonly words: SharedWords;
  /** The write that each byte of memory comes from. */
  readonly stored: Uint32Array;
  /** The last write of each byte, wherever it is. */
  readonly newest: Uint32Array;
  readonly #writers: Uint8Array;
  readonly #names: string[] = ["nobody"];
  #writes = 0;

  constructor(words: SharedWords) {
    this.words = words;
    this.stored = new Uint32Array(words.byteLength);
    this.newest = new Uint32Array(words.byteLength);
    this.#writers = new Uint8Array(words.byteLength);
  }

  /** Adds one who writes; returns its number. */
  addWriter(name: string): number {
    return this.#names.push(name) - 1;
  }

  /** Notes a write that is not in memory yet; returns its number. */
  note(offset: number, length: number, writer: number): number {
    const write = ++this.#writes;
    this.newest.fill(write, offset, offset + length);
    this.#writers.fill(writer, offset, offset + length);
    return write;
  }

  /** Who wrote a byte last. */
  writerOf(offset: number): string {
    return this.#names[this.#writers[offset]!]!;
  }

  /** Gives up the last write of a byte: it is nowhere any more. */
  forget(offset: number): void {
    this.newest[offset] = this.stored[offset]!;
  }
}
