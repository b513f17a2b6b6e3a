import type { SharedWords } from "@openamp/libmetal";

import { RpmsgError } from "../error.ts";
import type { HeldMessage } from "./message.ts";

/**
 * What became of a message when its handler returned: its buffer goes back now, or later, or went
 * back already; or the device is gone and nothing goes back.
 */
export type MessageEnd = "done" | "held" | "released" | "revoked";

/** Gives a held buffer back; the device does it. */
export type ReleaseBuffer = (message: ReceivedMessage, token: number) => void;

/** The one implementation of `Message`: a window on a receive buffer, moved from one to the next. */
export class ReceivedMessage implements HeldMessage {
  #words: SharedWords;
  #offset = 0;
  #length = 0;
  #source = 0;
  #destination = 0;
  #token = -1;
  #state: "live" | MessageEnd = "done";
  /** Whether the payload may be touched: live or held. A field of its own, for the hot path. */
  #readable = false;
  readonly #release: ReleaseBuffer;

  constructor(words: SharedWords, release: ReleaseBuffer) {
    this.#words = words;
    this.#release = release;
  }

  /** Moves the window onto a payload that was checked. */
  begin(
    words: SharedWords,
    offset: number,
    length: number,
    source: number,
    destination: number,
    token: number,
  ): void {
    this.#words = words;
    this.#offset = offset;
    this.#length = length;
    this.#source = source;
    this.#destination = destination;
    this.#token = token;
    this.#state = "live";
    this.#readable = true;
  }

  /** The handler returned: ends every use of the payload, unless it is held. */
  end(): MessageEnd {
    if (this.#state === "live") {
      this.#state = "done";
      this.#readable = false;
    }
    return this.#state;
  }

  /** Ends every use of the payload, held or not: the device is gone. */
  revoke(): void {
    this.#state = "revoked";
    this.#readable = false;
  }

  get length(): number {
    this.#check();
    return this.#length;
  }

  get source(): number {
    this.#check();
    return this.#source;
  }

  get destination(): number {
    this.#check();
    return this.#destination;
  }

  get bytes(): Uint8Array {
    this.#check();
    return this.#words.view(this.#offset, this.#length);
  }

  copyTo(target: Uint8Array, targetOffset = 0): number {
    this.#check();
    const length = this.#length;
    if (!(targetOffset >= 0 && targetOffset + length <= target.length)) {
      throw this.#tooLong(targetOffset, target.length);
    }
    this.#words.copyOut(this.#offset, target, targetOffset, length);
    return length;
  }

  getUint8(offset: number): number {
    return this.#words.get8(this.#at(offset, 1));
  }

  getUint16(offset: number): number {
    const at = this.#at(offset, 2);
    if ((at & 1) === 0) return this.#words.get16(at);
    return this.#words.get8(at) | (this.#words.get8(at + 1) << 8);
  }

  getUint32(offset: number): number {
    const at = this.#at(offset, 4);
    if ((at & 3) === 0) return this.#words.get32(at);
    return (this.getUint16(offset) | (this.getUint16(offset + 2) << 16)) >>> 0;
  }

  hold(): HeldMessage {
    this.#check();
    this.#state = "held";
    return this;
  }

  release(): void {
    this.#check();
    if (this.#state !== "held")
      throw new RpmsgError("RELEASED", "Release a message: it is not held");
    this.#state = "released";
    this.#readable = false;
    this.#release(this, this.#token);
  }

  [Symbol.dispose](): void {
    if (this.#state === "held") this.release();
  }

  // What is thrown is made apart, so that the checks are small enough to be inlined.
  #check(): void {
    if (!this.#readable) throw this.#gone();
  }

  #gone(): RpmsgError {
    return new RpmsgError(
      "RELEASED",
      "Use a message: its handler has returned, or it was released; hold() keeps it longer",
    );
  }

  #tooLong(targetOffset: number, room: number): RangeError {
    return new RangeError(
      `Copy a message of ${this.#length} bytes to offset ${targetOffset}: the target has ` +
        `${room} bytes`,
    );
  }

  #at(offset: number, width: number): number {
    this.#check();
    if (!(offset >= 0 && offset + width <= this.#length)) {
      throw new RangeError(
        `Read ${width} bytes at offset ${offset} of a message of ${this.#length} bytes`,
      );
    }
    return this.#offset + offset;
  }
}
