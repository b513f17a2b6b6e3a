import type { CacheMaintenance, MemoryKind } from "./memory.ts";
import type { SharedWords } from "./shared_words.ts";
import { WordAlias } from "./word_alias.ts";

/** Bytes up to which a word loop beats `TypedArray.prototype.set` (measured on all runtimes). */
const SET_THRESHOLD = 64;

/**
 * The one implementation of {@linkcode SharedWords} in production: typed arrays over one buffer.
 *
 * Typed arrays and not a DataView, because a DataView tears what the other side reads meanwhile;
 * `Atomics` only where a value publishes or takes others. One array type a call site.
 */
export class MappedWords implements SharedWords {
  readonly byteLength: number;
  readonly #u8: Uint8Array;
  readonly #u16: Uint16Array;
  readonly #u32: Uint32Array;
  readonly #bulk: boolean;
  readonly #maintenance: CacheMaintenance | undefined;
  readonly #sources: WordAlias = new WordAlias();
  readonly #targets: WordAlias = new WordAlias();

  constructor(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength: number,
    kind: MemoryKind,
    maintenance: CacheMaintenance | undefined,
  ) {
    this.byteLength = byteLength;
    this.#u8 = new Uint8Array(buffer, byteOffset, byteLength);
    this.#u16 = new Uint16Array(buffer, byteOffset, byteLength >>> 1);
    this.#u32 = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    this.#bulk = kind === "normal";
    this.#maintenance = maintenance;
  }

  get8(offset: number): number {
    return this.#u8[offset]!;
  }

  get16(offset: number): number {
    return this.#u16[offset >>> 1]!;
  }

  get32(offset: number): number {
    return this.#u32[offset >>> 2]!;
  }

  set8(offset: number, value: number): void {
    this.#u8[offset] = value;
  }

  set16(offset: number, value: number): void {
    this.#u16[offset >>> 1] = value;
  }

  set32(offset: number, value: number): void {
    this.#u32[offset >>> 2] = value;
  }

  load8(offset: number): number {
    return Atomics.load(this.#u8, offset);
  }

  load16(offset: number): number {
    return Atomics.load(this.#u16, offset >>> 1);
  }

  store8(offset: number, value: number): void {
    Atomics.store(this.#u8, offset, value);
  }

  store16(offset: number, value: number): void {
    Atomics.store(this.#u16, offset >>> 1, value);
  }

  copyIn(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
    const whole = sourceOffset === 0 && length === source.length;
    if (this.#bulk && whole && length > SET_THRESHOLD) {
      this.#u8.set(source, offset);
      return;
    }
    let done = 0;
    if (((offset | sourceOffset) & 3) === 0 && length >= 4) {
      const words = length >>> 2;
      const from = this.#sources.of(source);
      const to = offset >>> 2;
      if (from !== undefined) {
        const start = sourceOffset >>> 2;
        for (let word = 0; word < words; word++) this.#u32[to + word] = from[start + word]!;
      } else {
        for (let word = 0; word < words; word++) {
          this.#u32[to + word] = littleEndianWord(source, sourceOffset + word * 4);
        }
      }
      done = words * 4;
    }
    for (; done < length; done++) this.#u8[offset + done] = source[sourceOffset + done]!;
  }

  copyOut(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
    let done = 0;
    if (((offset | targetOffset) & 3) === 0 && length >= 4) {
      const words = length >>> 2;
      const to = this.#targets.of(target);
      const from = offset >>> 2;
      if (to !== undefined) {
        const start = targetOffset >>> 2;
        for (let word = 0; word < words; word++) to[start + word] = this.#u32[from + word]!;
      } else {
        for (let word = 0; word < words; word++) {
          setLittleEndianWord(target, targetOffset + word * 4, this.#u32[from + word]!);
        }
      }
      done = words * 4;
    }
    for (; done < length; done++) target[targetOffset + done] = this.#u8[offset + done]!;
  }

  fill(offset: number, value: number, length: number): void {
    if (this.#bulk) {
      this.#u8.fill(value, offset, offset + length);
      return;
    }
    const byte = value & 0xff;
    const word = byte * 0x01010101;
    const end = offset + length;
    let at = offset;
    for (; at < end && (at & 3) !== 0; at++) this.#u8[at] = byte;
    for (; at + 4 <= end; at += 4) this.#u32[at >>> 2] = word;
    for (; at < end; at++) this.#u8[at] = byte;
  }

  view(offset: number, length: number): Uint8Array {
    if (this.#bulk) return this.#u8.subarray(offset, offset + length);
    const copy = new Uint8Array(length);
    this.copyOut(offset, copy, 0, length);
    return copy;
  }

  flush(offset: number, length: number): void {
    if (this.#maintenance !== undefined) this.#maintenance.flush(offset, length);
  }

  invalidate(offset: number, length: number): void {
    if (this.#maintenance !== undefined) this.#maintenance.invalidate(offset, length);
  }
}

function littleEndianWord(source: Uint8Array, at: number): number {
  return source[at]! | (source[at + 1]! << 8) | (source[at + 2]! << 16) | (source[at + 3]! << 24);
}

function setLittleEndianWord(target: Uint8Array, at: number, word: number): void {
  target[at] = word;
  target[at + 1] = word >>> 8;
  target[at + 2] = word >>> 16;
  target[at + 3] = word >>> 24;
}
