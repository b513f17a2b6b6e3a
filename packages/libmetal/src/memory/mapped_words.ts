import { requireLittleEndian } from "../host/byte_order.ts";
import type { CacheMaintenance, MemoryKind } from "./memory.ts";
import type { SharedWords } from "./shared_words.ts";
import { WordAlias } from "./word_alias.ts";

/** Bytes up to which a word loop beats `TypedArray.prototype.set` (measured on all runtimes). */
const SET_THRESHOLD = 64;
/** Bytes of a cache line, where the maintenance does not tell. */
const LINE_SIZE = 64;

requireLittleEndian();

/**
 * The one implementation of {@linkcode SharedWords} in production: typed arrays over one buffer.
 *
 * Typed arrays and not a DataView, because a DataView tears what the other side reads meanwhile;
 * `Atomics` only where a value publishes or takes others. One array type a call site.
 */
export class MappedWords implements SharedWords {
  readonly byteLength: number;
  readonly lineSize: number;
  readonly #u8: Uint8Array;
  readonly #u16: Uint16Array;
  readonly #u32: Uint32Array;
  /** Made when it is needed first: few memories have words of 64 bits. */
  #u64: BigUint64Array | undefined;
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
    this.#u16 = new Uint16Array(buffer, byteOffset, byteLength / 2);
    this.#u32 = new Uint32Array(buffer, byteOffset, byteLength / 4);
    this.#bulk = kind === "normal";
    this.lineSize = maintenance === undefined ? 1 : (maintenance.lineSize ?? LINE_SIZE);
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

  get64(offset: number): bigint {
    return (this.#u64 ?? this.#words64())[offset / 8]!;
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

  set64(offset: number, value: bigint): void {
    (this.#u64 ?? this.#words64())[offset / 8] = value;
  }

  load8(offset: number): number {
    return Atomics.load(this.#u8, offset);
  }

  load16(offset: number): number {
    return Atomics.load(this.#u16, offset >>> 1);
  }

  load32(offset: number): number {
    return Atomics.load(this.#u32, offset >>> 2);
  }

  load64(offset: number): bigint {
    return Atomics.load(this.#u64 ?? this.#words64(), offset / 8);
  }

  store8(offset: number, value: number): void {
    Atomics.store(this.#u8, offset, value);
  }

  store16(offset: number, value: number): void {
    Atomics.store(this.#u16, offset >>> 1, value);
  }

  store32(offset: number, value: number): void {
    Atomics.store(this.#u32, offset >>> 2, value);
  }

  store64(offset: number, value: bigint): void {
    Atomics.store(this.#u64 ?? this.#words64(), offset / 8, value);
  }

  #words64(): BigUint64Array {
    const { buffer, byteOffset, byteLength } = this.#u8;
    return (this.#u64 = new BigUint64Array(buffer, byteOffset, Math.floor(byteLength / 8)));
  }

  // The two copies hold only the way of a message, so that engines inline them where it goes.
  copyIn(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
    if (length > SET_THRESHOLD && this.#bulk && length === source.length) {
      this.#u8.set(source, offset);
      return;
    }
    const alias = this.#sources;
    if (source !== alias.array || ((offset | sourceOffset) & 3) !== 0) {
      this.#copyInUnaliased(offset, source, sourceOffset, length);
      return;
    }
    const from = alias.words;
    const shared = this.#u32;
    const start = sourceOffset >>> 2;
    const to = offset >>> 2;
    const words = length >>> 2;
    for (let word = 0; word < words; word++) shared[to + word] = from[start + word]!;
    const done = words * 4;
    if (done < length) this.#bytesIn(offset + done, source, sourceOffset + done, length - done);
  }

  #copyInUnaliased(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
    this.#sources.note(source);
    let done = 0;
    if (((offset | sourceOffset) & 3) === 0) {
      const shared = this.#u32;
      const to = offset >>> 2;
      for (; done + 4 <= length; done += 4) {
        shared[to + (done >>> 2)] = littleEndianWord(source, sourceOffset + done);
      }
    }
    this.#bytesIn(offset + done, source, sourceOffset + done, length - done);
  }

  #bytesIn(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
    const shared = this.#u8;
    for (let byte = 0; byte < length; byte++) shared[offset + byte] = source[sourceOffset + byte]!;
  }

  copyOut(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
    const alias = this.#targets;
    if (target !== alias.array || ((offset | targetOffset) & 3) !== 0) {
      this.#copyOutUnaliased(offset, target, targetOffset, length);
      return;
    }
    const to = alias.words;
    const shared = this.#u32;
    const start = targetOffset >>> 2;
    const from = offset >>> 2;
    const words = length >>> 2;
    for (let word = 0; word < words; word++) to[start + word] = shared[from + word]!;
    const done = words * 4;
    if (done < length) this.#bytesOut(offset + done, target, targetOffset + done, length - done);
  }

  #copyOutUnaliased(
    offset: number,
    target: Uint8Array,
    targetOffset: number,
    length: number,
  ): void {
    this.#targets.note(target);
    let done = 0;
    if (((offset | targetOffset) & 3) === 0) {
      const shared = this.#u32;
      const from = offset >>> 2;
      for (; done + 4 <= length; done += 4) {
        setLittleEndianWord(target, targetOffset + done, shared[from + (done >>> 2)]!);
      }
    }
    this.#bytesOut(offset + done, target, targetOffset + done, length - done);
  }

  #bytesOut(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
    const shared = this.#u8;
    for (let byte = 0; byte < length; byte++) target[targetOffset + byte] = shared[offset + byte]!;
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
