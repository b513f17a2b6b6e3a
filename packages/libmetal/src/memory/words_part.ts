import type { Memory } from "./memory.ts";
import { MappedWords } from "./mapped_words.ts";
import type { SharedWords } from "./shared_words.ts";

/**
 * The words of a part of a memory: again {@linkcode MappedWords} where they lie in a buffer, so that
 * rings see one class.
 */
export function wordsPart(whole: Memory, start: number, size: number): SharedWords {
  const { kind, mapping, words } = whole;
  if (mapping === undefined) return shiftedWords(words, start, size);
  const { lineSize } = words;
  const coherent = lineSize === 1;
  const maintenance = {
    lineSize,
    flush: (offset: number, length: number) => words.flush(start + offset, length),
    invalidate: (offset: number, length: number) => words.invalidate(start + offset, length),
  };
  const place = mapping.byteOffset + start;
  return new MappedWords(mapping.buffer, place, size, kind, coherent ? undefined : maintenance);
}

/** Words whose offset 0 is another of the given ones: those that a test watches, or may only read. */
function shiftedWords(words: SharedWords, start: number, byteLength: number): SharedWords {
  return {
    byteLength,
    lineSize: words.lineSize,
    get8: (offset) => words.get8(start + offset),
    get16: (offset) => words.get16(start + offset),
    get32: (offset) => words.get32(start + offset),
    get64: (offset) => words.get64(start + offset),
    set8: (offset, value) => words.set8(start + offset, value),
    set16: (offset, value) => words.set16(start + offset, value),
    set32: (offset, value) => words.set32(start + offset, value),
    set64: (offset, value) => words.set64(start + offset, value),
    load8: (offset) => words.load8(start + offset),
    load16: (offset) => words.load16(start + offset),
    load32: (offset) => words.load32(start + offset),
    load64: (offset) => words.load64(start + offset),
    store8: (offset, value) => words.store8(start + offset, value),
    store16: (offset, value) => words.store16(start + offset, value),
    store32: (offset, value) => words.store32(start + offset, value),
    store64: (offset, value) => words.store64(start + offset, value),
    copyIn: (offset, source, from, length) => words.copyIn(start + offset, source, from, length),
    copyOut: (offset, target, to, length) => words.copyOut(start + offset, target, to, length),
    fill: (offset, value, length) => words.fill(start + offset, value, length),
    view: (offset, length) => words.view(start + offset, length),
    flush: (offset, length) => words.flush(start + offset, length),
    invalidate: (offset, length) => words.invalidate(start + offset, length),
  };
}
