import { readOnlyError } from "../io/region_checks.ts";
import type { SharedWords } from "./shared_words.ts";

/**
 * Words that refuse every write with `READ_ONLY`, before it reaches the bytes: a write to bytes that
 * are mapped for reading ends the process.
 *
 * `view` gives a copy, because an array over the bytes could be written to.
 */
export function readOnlyWords(name: string, words: SharedWords): SharedWords {
  const region = { name, size: words.byteLength };
  const refuse =
    (length: number) =>
    (offset: number): never => {
      throw readOnlyError(region, "Write", offset, length);
    };
  return {
    byteLength: words.byteLength,
    lineSize: words.lineSize,
    get8: (offset) => words.get8(offset),
    get16: (offset) => words.get16(offset),
    get32: (offset) => words.get32(offset),
    get64: (offset) => words.get64(offset),
    set8: refuse(1),
    set16: refuse(2),
    set32: refuse(4),
    set64: refuse(8),
    load8: (offset) => words.load8(offset),
    load16: (offset) => words.load16(offset),
    load32: (offset) => words.load32(offset),
    load64: (offset) => words.load64(offset),
    store8: refuse(1),
    store16: refuse(2),
    store32: refuse(4),
    store64: refuse(8),
    copyIn(offset, _source, _sourceOffset, length) {
      throw readOnlyError(region, "Write", offset, length);
    },
    copyOut: (offset, target, targetOffset, length) =>
      words.copyOut(offset, target, targetOffset, length),
    fill(offset, _value, length) {
      throw readOnlyError(region, "Set", offset, length);
    },
    view(offset, length) {
      const copy = new Uint8Array(length);
      words.copyOut(offset, copy, 0, length);
      return copy;
    },
    flush: (offset, length) => words.flush(offset, length),
    invalidate: (offset, length) => words.invalidate(offset, length),
  };
}
