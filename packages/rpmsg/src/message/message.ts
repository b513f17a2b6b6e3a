/**
 * A received message, given to a handler.
 *
 * It is one object that is used again for every message, and its payload lies in shared memory: it
 * is there until the handler returns, or until it is released where {@linkcode hold} was called.
 * After that every use throws `RELEASED`. The peer may change the payload at any moment; what is to
 * be checked is copied first.
 */
export interface Message {
  /** Bytes of the payload, as checked on arrival. */
  readonly length: number;
  /** The sender's address. */
  readonly source: number;
  /** The address that it was sent to. */
  readonly destination: number;
  /**
   * The payload where it lies, or a private copy where the memory is of kind `device`: for reading
   * only, since the buffer is the peer's again later. The only thing here that allocates.
   */
  readonly bytes: Uint8Array;
  /**
   * Copies the payload.
   *
   * @param target Where it goes.
   * @param targetOffset Where in the target it starts. Default 0.
   * @returns The bytes copied: `length`.
   * @throws {RangeError} Where it does not fit.
   */
  copyTo(target: Uint8Array, targetOffset?: number): number;
  /** Reads 8 bits at `offset` bytes of the payload. Throws `RangeError` beyond it. */
  getUint8(offset: number): number;
  /** Reads 16 bits, little-endian, at any `offset` of the payload. Throws `RangeError` beyond it. */
  getUint16(offset: number): number;
  /** Reads 32 bits, little-endian, at any `offset` of the payload. Throws `RangeError` beyond it. */
  getUint32(offset: number): number;
  /**
   * Keeps the message, and its buffer, beyond the return of the handler. The peer cannot use the
   * buffer meanwhile: hold few, and release each.
   *
   * @returns The same message, to be released once.
   */
  hold(): HeldMessage;
}

/** A message that was kept with `hold`. */
export interface HeldMessage extends Message, Disposable {
  /**
   * Gives the buffer back to the peer.
   *
   * @throws {RpmsgError} `RELEASED` where that was done before.
   */
  release(): void;
}
