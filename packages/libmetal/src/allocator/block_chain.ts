import { MetalError } from "../error.ts";
import type { SharedWords } from "../memory/shared_words.ts";
import { checkWord, HEAP_CONSTANTS, HEAP_LAYOUTS } from "./heap_layout.ts";

const { first: FIRST, minimum: MINIMUM } = HEAP_CONSTANTS;
const USED = 1;
/** The low bits of `size_used`. */
const LOW_BITS = 15;

const SIZE_USED = HEAP_LAYOUTS.block.fields.size_used.offset;
const CHECK = HEAP_LAYOUTS.block.fields.check.offset;
const OWNER = HEAP_LAYOUTS.block.fields.owner.offset;
const PREVIOUS = HEAP_LAYOUTS.block.fields.previous.offset;

/** Bytes of a block whose `size_used` this is. */
export function sizeOf(sizeUsed: number): number {
  return (sizeUsed & ~LOW_BITS) >>> 0;
}

/** Whether a block whose `size_used` this is is in use. */
export function isUsed(sizeUsed: number): boolean {
  return (sizeUsed & USED) !== 0;
}

/**
 * The blocks of a heap, one behind another. What is read is checked before it is used: another
 * process may have written anything there.
 */
export class BlockChain {
  /** Behind the last block. Our own copy: the one in shared memory is read once, when we attach. */
  readonly end: number;
  readonly #words: SharedWords;
  readonly #name: string;
  readonly #seed: number;

  constructor(words: SharedWords, name: string, end: number, seed: number) {
    this.end = end;
    this.#words = words;
    this.#name = name;
    this.#seed = seed;
  }

  /**
   * Reads `size_used` of a block.
   *
   * @param offset Where its header is said to be.
   * @returns The word, whose size ends inside the heap.
   * @throws {MetalError} `CORRUPT` where no header is there.
   */
  read(offset: number): number {
    if (offset < FIRST || offset > this.end - MINIMUM || (offset & LOW_BITS) !== 0) {
      throw this.corrupt(`a block at ${offset} is named, where none can be`);
    }
    const words = this.#words;
    if (words.get32(offset + CHECK) !== checkWord(offset, this.#seed)) {
      throw this.corrupt(`the block at ${offset} has no valid header`);
    }
    const word = words.get32(offset + SIZE_USED);
    const size = sizeOf(word);
    if (size < MINIMUM || size > this.end - offset || (word & LOW_BITS & ~USED) !== 0) {
      throw this.corrupt(`the block at ${offset} has the impossible size word ${word}`);
    }
    return word;
  }

  /**
   * Reads `size_used` of a block that a caller names.
   *
   * @param offset Where its header would be.
   * @param action What the caller wants, for the message.
   * @throws {MetalError} `NOT_OWNER` where no block starts there, or one that is free; `CORRUPT`.
   */
  readNamed(offset: number, action: string): number {
    const start = offset + HEAP_LAYOUTS.block.size;
    const words = this.#words;
    const possible = offset >= FIRST && offset <= this.end - MINIMUM && offset % 16 === 0;
    const check = possible ? words.get32(offset + CHECK) : 0;
    const expected = checkWord(offset, this.#seed);
    const swallowed = possible && check === ~expected >>> 0;
    if (!possible || (check !== expected && !swallowed)) {
      throw new MetalError(
        "NOT_OWNER",
        `${action} ${start} of heap "${this.#name}": no block starts there`,
      );
    }
    const word = swallowed ? 0 : this.read(offset);
    if (isUsed(word)) return word;
    throw new MetalError(
      "NOT_OWNER",
      `${action} ${start} of heap "${this.#name}": that block was freed before`,
    );
  }

  /**
   * The block in front of one.
   *
   * @param offset A block.
   * @returns Where it starts, or 0 for the first block.
   * @throws {MetalError} `CORRUPT` where the one in front does not end here.
   */
  previous(offset: number): number {
    const previous = this.#words.get32(offset + PREVIOUS);
    if (offset === FIRST && previous === 0) return 0;
    if (offset === FIRST || previous + sizeOf(this.read(previous)) !== offset) {
      throw this.corrupt(`the block at ${offset} does not follow the one at ${previous}`);
    }
    return previous;
  }

  /** Who allocated a block. */
  owner(offset: number): number {
    return this.#words.get32(offset + OWNER);
  }

  /** Writes who allocated a block. */
  setOwner(offset: number, owner: number): void {
    this.#words.set32(offset + OWNER, owner);
  }

  /** Says to a block, or to the end, which one is in front of it. */
  setPrevious(offset: number, previous: number): void {
    if (offset < this.end) this.#words.set32(offset + PREVIOUS, previous);
  }

  /** Writes the header of a free block, which nobody sees before the block in front is committed. */
  prepare(offset: number, size: number, previous: number): void {
    const words = this.#words;
    words.set32(offset + SIZE_USED, size);
    words.set32(offset + CHECK, checkWord(offset, this.#seed));
    words.set32(offset + OWNER, 0);
    words.set32(offset + PREVIOUS, previous);
  }

  /** The one store that splits, merges, takes or frees; all before it is in memory by then. */
  commit(offset: number, size: number, used: boolean): void {
    this.#words.store32(offset + SIZE_USED, used ? size | USED : size);
  }

  /**
   * Marks the header that a merge has swallowed: whoever frees its block again is told so, until
   * somebody else's bytes lie there.
   */
  invert(offset: number): void {
    this.#words.set32(offset + CHECK, ~checkWord(offset, this.#seed));
  }

  /** The error of a heap that contradicts itself. */
  corrupt(what: string): MetalError {
    return new MetalError("CORRUPT", `Heap "${this.#name}" is damaged: ${what}`);
  }
}
