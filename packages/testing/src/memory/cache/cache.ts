import type { SeededRandom } from "../../random/seeded_random.ts";
import type { CacheFaultKind, MissingMaintenance } from "./cache_fault.ts";
import type { CacheFaults } from "./cache_faults.ts";
import type { WriteLog } from "./write_log.ts";

/** One line of a cache. */
interface Line {
  /** Its first byte in memory. */
  readonly start: number;
  readonly bytes: Uint8Array;
  /** The write that each byte comes from. */
  readonly writes: Uint32Array;
  /** Which bytes were written here since the line was filled or written back. */
  readonly written: Uint8Array;
  /** Which bytes others had written anew by the time of the first write here. */
  readonly behind: Uint8Array;
  dirty: boolean;
  /** Its position in the list of lines that are present. */
  position: number;
}

/** How a cache behaves. */
export interface CacheOptions {
  /** Bytes of a line. */
  readonly lineSize: number;
  /** Decides what a cache does by itself; absent: it does nothing by itself. */
  readonly random: SeededRandom | undefined;
  /** How probable it is, before each call, that it does something by itself. */
  readonly unrest: number;
}

/** Lines dropped last, which a cache is most likely to fetch again by itself. */
const DROPPED_KEPT = 16;

/**
 * A write-back cache with write-allocate, in front of a memory that others write too, without any
 * coherence: a miss fills a whole line, a write makes its line dirty, and a dirty line goes back
 * whole.
 */
export class Cache {
  readonly name: string;
  readonly #log: WriteLog;
  readonly #self: number;
  readonly #lineSize: number;
  readonly #random: SeededRandom | undefined;
  readonly #unrest: number;
  readonly #lines = new Map<number, Line>();
  readonly #present: Line[] = [];
  readonly #dropped: number[] = [];
  readonly #faults: CacheFaults;

  constructor(name: string, log: WriteLog, faults: CacheFaults, options: CacheOptions) {
    this.name = name;
    this.#log = log;
    this.#self = log.addWriter(name);
    this.#lineSize = options.lineSize;
    this.#random = options.random;
    this.#unrest = options.unrest;
    this.#faults = faults;
  }

  /** Reads bytes, filling lines that are not here. */
  read(offset: number, length: number, target: Uint8Array, targetOffset: number): void {
    this.#stir(offset);
    for (let at = offset; at < offset + length;) {
      const line = this.#fill(at);
      const end = Math.min(line.start + line.bytes.length, offset + length);
      this.#judgeRead(line, at, end);
      const to = targetOffset - offset;
      for (; at < end; at++) target[to + at] = line.bytes[at - line.start]!;
    }
  }

  /** Writes bytes; they stay here. */
  write(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
    this.#stir(offset);
    for (let at = offset; at < offset + length;) {
      const line = this.#fill(at);
      const end = Math.min(line.start + line.bytes.length, offset + length);
      if (!line.dirty) this.#markBehind(line);
      line.dirty = true;
      const write = this.#log.note(at, end - at, this.#self);
      const from = sourceOffset - offset;
      for (; at < end; at++) {
        const byte = at - line.start;
        line.bytes[byte] = source[from + at]!;
        line.writes[byte] = write;
        line.written[byte] = 1;
      }
    }
  }

  /** Writes the dirty lines of a range back; they stay here, clean. */
  flush(offset: number, length: number): void {
    this.#stir(offset);
    this.#eachLine(offset, length, (line) => this.#writeBack(line));
  }

  /** Drops the lines of a range; what was written in them is lost. */
  invalidate(offset: number, length: number): void {
    this.#stir(offset);
    this.#eachLine(offset, length, (line) => {
      if (line.dirty) this.#judgeDrop(line);
      this.#drop(line);
    });
  }

  /** Writes the dirty lines of a range back and drops them all, as a cache may at any time. */
  evict(offset: number, length: number): void {
    this.#faults.begin();
    this.#eachLine(offset, length, (line) => {
      this.#writeBack(line);
      this.#drop(line);
    });
  }

  /** Fills the lines of a range, as a cache may at any time. */
  prefetch(offset: number, length: number): void {
    const end = Math.min(offset + length, this.#log.words.byteLength);
    for (let at = this.#startOf(offset); at < end; at += this.#lineSize) this.#fill(at);
  }

  /** Bytes that were written here and are not in memory. */
  get unflushed(): number {
    let bytes = 0;
    for (const { written } of this.#present) for (const each of written) bytes += each;
    return bytes;
  }

  /** Before each call: does what a cache does by itself, which makes room and fetches ahead. */
  #stir(near: number): void {
    this.#faults.begin();
    const random = this.#random;
    if (random === undefined || !random.chance(this.#unrest)) return;
    const { byteLength } = this.#log.words;
    switch (random.below(4)) {
      case 0:
      case 1: {
        if (this.#present.length === 0) return;
        const line = random.pick(this.#present);
        this.#writeBack(line);
        this.#drop(line);
        return;
      }
      case 2:
        if (this.#dropped.length > 0) this.prefetch(random.pick(this.#dropped), 1);
        return;
      default:
        if (near + this.#lineSize < byteLength) this.prefetch(near + this.#lineSize, 1);
    }
  }

  #startOf(offset: number): number {
    return offset - (offset % this.#lineSize);
  }

  #fill(offset: number): Line {
    const start = this.#startOf(offset);
    const present = this.#lines.get(start);
    if (present !== undefined) return present;
    const { words, stored } = this.#log;
    const size = Math.min(this.#lineSize, words.byteLength - start);
    const line: Line = {
      start,
      bytes: new Uint8Array(size),
      writes: stored.slice(start, start + size),
      written: new Uint8Array(size),
      behind: new Uint8Array(size),
      dirty: false,
      position: this.#present.length,
    };
    words.copyOut(start, line.bytes, 0, size);
    this.#lines.set(start, line);
    this.#present.push(line);
    return line;
  }

  #drop(line: Line): void {
    this.#lines.delete(line.start);
    const last = this.#present.pop();
    if (last !== undefined && last !== line) {
      this.#present[line.position] = last;
      last.position = line.position;
    }
    this.#dropped.push(line.start);
    if (this.#dropped.length > DROPPED_KEPT) this.#dropped.shift();
  }

  #eachLine(offset: number, length: number, action: (line: Line) => void): void {
    if (length <= 0) return;
    for (let at = this.#startOf(offset); at < offset + length; at += this.#lineSize) {
      const line = this.#lines.get(at);
      if (line !== undefined) action(line);
    }
  }

  #writeBack(line: Line): void {
    if (!line.dirty) return;
    this.#judgeWriteBack(line);
    const { words, stored } = this.#log;
    words.copyIn(line.start, line.bytes, 0, line.bytes.length);
    stored.set(line.writes, line.start);
    line.written.fill(0);
    line.behind.fill(0);
    line.dirty = false;
  }

  #markBehind({ start, writes, behind }: Line): void {
    const { stored } = this.#log;
    for (let byte = 0; byte < writes.length; byte++) {
      behind[byte] = writes[byte]! < stored[start + byte]! ? 1 : 0;
    }
  }

  #judgeRead({ start, writes }: Line, from: number, end: number): void {
    const { newest, stored } = this.#log;
    for (let at = from; at < end; at++) {
      if (writes[at - start]! >= newest[at]!) continue;
      const inMemory = stored[at] === newest[at];
      this.#tell("stale read", at, inMemory ? "invalidate" : "flush", !inMemory);
    }
  }

  #judgeDrop({ start, written }: Line): void {
    for (let byte = 0; byte < written.length; byte++) {
      if (written[byte] === 0) continue;
      this.#tell("dropped write", start + byte, "flush", false);
      this.#log.forget(start + byte);
    }
  }

  #judgeWriteBack({ start, writes, written, behind }: Line): void {
    const { newest, stored } = this.#log;
    for (let byte = 0; byte < writes.length; byte++) {
      const at = start + byte;
      if (writes[byte]! >= stored[at]!) continue;
      const missing: MissingMaintenance =
        behind[byte] === 1 ? "invalidate" : written[byte] === 1 ? "flush" : "line of its own";
      this.#tell("overwritten write", at, missing, false);
      newest[at] = writes[byte]!;
    }
  }

  #tell(
    fault: CacheFaultKind,
    offset: number,
    missing: MissingMaintenance,
    byWriter: boolean,
  ): void {
    const writer = fault === "dropped write" ? this.name : this.#log.writerOf(offset);
    const by = byWriter ? writer : this.name;
    this.#faults.report({ fault, side: this.name, writer, offset, length: 1, missing, by });
  }
}
