import type { SharedWords } from "../memory/shared_words.ts";
import { type BlockChain, isUsed, sizeOf } from "./block_chain.ts";
import { FIRST_LEVELS, HEAP_LAYOUTS, SECOND_LEVELS } from "./heap_layout.ts";
import { classAbove, classOf, highestBit, lowestBit, SIZE_CLASSES } from "./size_class.ts";

const ROWS = HEAP_LAYOUTS.header.fields.rows.offset;
const CLASSES = HEAP_LAYOUTS.header.fields.classes.offset;
const HEADS = HEAP_LAYOUTS.header.fields.heads.offset;
const NEXT = HEAP_LAYOUTS.links.fields.next_free.offset;
const PREVIOUS = HEAP_LAYOUTS.links.fields.previous_free.offset;

/**
 * How many blocks of a class are looked at, where only some of the class are large enough: the bound
 * of the time that an allocation takes.
 */
const MOST_LOOKS = 64;

/** The free blocks of a heap by their size: an index that can be made anew from the chain. */
export class FreeIndex {
  readonly #words: SharedWords;
  readonly #chain: BlockChain;

  constructor(words: SharedWords, chain: BlockChain) {
    this.#words = words;
    this.#chain = chain;
  }

  /**
   * Finds a free block, in a time that does not depend on how many there are.
   *
   * @param size Bytes that it has at least.
   * @returns Where it starts, or 0 where none is that large.
   */
  find(size: number): number {
    const words = this.#words;
    const sizeClass = classAbove(size);
    if (sizeClass < SIZE_CLASSES) {
      let row = sizeClass >>> 4;
      let columns = words.get32(CLASSES + 4 * row) & (-1 << (sizeClass & (SECOND_LEVELS - 1)));
      if (columns === 0) {
        const rows = words.get32(ROWS) & (-2 << row);
        if (rows === 0) return this.#findInClass(size);
        row = lowestBit(rows);
        if (row >= FIRST_LEVELS) throw this.#chain.corrupt(`row ${row} of its index is in use`);
        columns = words.get32(CLASSES + 4 * row);
      }
      return this.#head(row, columns === 0 ? SECOND_LEVELS : lowestBit(columns));
    }
    return this.#findInClass(size);
  }

  /** Looks for a block that is large enough among those that only may be. */
  #findInClass(size: number): number {
    if (size >= 2 ** 32) return 0;
    let found = 0;
    this.#look(classOf(size), (block, bytes) => {
      if (bytes < size) return false;
      found = block;
      return true;
    });
    return found;
  }

  /** Bytes of the largest free block that `find` is sure to find, or 0. */
  largest(): number {
    const words = this.#words;
    const rows = words.get32(ROWS);
    if (rows === 0) return 0;
    const row = highestBit(rows);
    if (row >= FIRST_LEVELS) throw this.#chain.corrupt(`row ${row} of its index is in use`);
    const columns = words.get32(CLASSES + 4 * row);
    const column = columns === 0 ? SECOND_LEVELS : highestBit(columns);
    if (column >= SECOND_LEVELS) throw this.#chain.corrupt(`row ${row} of its index has no list`);
    let largest = 0;
    this.#look(row * SECOND_LEVELS + column, (_, bytes) => {
      largest = Math.max(largest, bytes);
      return false;
    });
    return largest;
  }

  /** Shows the first blocks of a class, until `seen` returns true. */
  #look(sizeClass: number, seen: (block: number, bytes: number) => boolean): void {
    const words = this.#words;
    let block = words.get32(HEADS + 4 * sizeClass);
    for (let looks = 0; block !== 0 && looks < MOST_LOOKS; looks++) {
      const bytes = this.#freeSize(block);
      if (seen(block, bytes)) return;
      block = words.get32(block + NEXT);
    }
  }

  #head(row: number, column: number): number {
    const head =
      column < SECOND_LEVELS ? this.#words.get32(HEADS + 4 * (row * SECOND_LEVELS + column)) : 0;
    if (head === 0) throw this.#chain.corrupt(`row ${row} of its index names a list that is empty`);
    return head;
  }

  /** Bytes of a block that the index says is free. */
  #freeSize(block: number): number {
    const word = this.#chain.read(block);
    if (isUsed(word)) throw this.#chain.corrupt(`the block at ${block} is in use and in its index`);
    return sizeOf(word);
  }

  /** Puts a free block into the list of its class. */
  insert(block: number, size: number): void {
    const words = this.#words;
    const sizeClass = classOf(size);
    const head = words.get32(HEADS + 4 * sizeClass);
    if (head !== 0) {
      this.#freeSize(head);
      words.set32(head + PREVIOUS, block);
    }
    words.set32(block + NEXT, head);
    words.set32(block + PREVIOUS, 0);
    words.set32(HEADS + 4 * sizeClass, block);
    const row = sizeClass >>> 4;
    const columns = CLASSES + 4 * row;
    words.set32(columns, words.get32(columns) | (1 << (sizeClass & (SECOND_LEVELS - 1))));
    words.set32(ROWS, words.get32(ROWS) | (1 << row));
  }

  /** Takes a free block out of the list of its class. */
  remove(block: number, size: number): void {
    const words = this.#words;
    const sizeClass = classOf(size);
    const next = words.get32(block + NEXT);
    const previous = words.get32(block + PREVIOUS);
    const heads = HEADS + 4 * sizeClass;
    // Whom we write to must say that it is next to us: the links are not ours alone to write.
    if (next !== 0) {
      this.#freeSize(next);
      if (words.get32(next + PREVIOUS) !== block) throw this.#unlinked(block, next);
    }
    if (previous === 0) {
      if (words.get32(heads) !== block) throw this.#unlinked(block, 0);
      words.set32(heads, next);
      if (next === 0) this.#empty(sizeClass);
    } else {
      this.#freeSize(previous);
      if (words.get32(previous + NEXT) !== block) throw this.#unlinked(block, previous);
      words.set32(previous + NEXT, next);
    }
    if (next !== 0) words.set32(next + PREVIOUS, previous);
  }

  #empty(sizeClass: number): void {
    const words = this.#words;
    const row = sizeClass >>> 4;
    const columns = CLASSES + 4 * row;
    const left = words.get32(columns) & ~(1 << (sizeClass & (SECOND_LEVELS - 1)));
    words.set32(columns, left);
    if (left === 0) words.set32(ROWS, words.get32(ROWS) & ~(1 << row));
  }

  #unlinked(block: number, other: number): Error {
    return this.#chain.corrupt(`the free blocks at ${block} and ${other} are not linked both ways`);
  }

  /** Empties all lists. */
  clear(): void {
    this.#words.fill(ROWS, 0, 4);
    this.#words.fill(CLASSES, 0, 4 * FIRST_LEVELS);
    this.#words.fill(HEADS, 0, 4 * SIZE_CLASSES);
  }
}
