/**
 * Bytes that another processor reads and writes at the same time, as ring and wire code touches
 * them.
 *
 * There is one implementation in production, so that each call site keeps one shape; take it from
 * `Memory.words` once, not per message. Offsets are bytes from the start of the memory and, for
 * 16 to 64 bits, multiples of the width. **Offsets are not checked here**: a caller takes them
 * from a layout or from `AddressSpace.resolve`, which are.
 *
 * Reading a field twice reads two different moments. Read it once, check the value, use the value.
 */
export interface SharedWords {
  /** Bytes. */
  readonly byteLength: number;
  /**
   * Bytes that are flushed and invalidated together: a cache line, or 1 where memory is coherent. Two
   * sides never write into one line.
   */
  readonly lineSize: number;

  /** Plain read of 8 bits. */
  get8(offset: number): number;
  /** Plain read of 16 bits, little-endian. */
  get16(offset: number): number;
  /** Plain read of 32 bits, little-endian, 0 to 2^32 - 1. */
  get32(offset: number): number;
  /**
   * Plain read of 64 bits, little-endian. Allocates: where both halves need not be of one moment, two
   * reads of 32 bits take a tenth of its time.
   */
  get64(offset: number): bigint;
  /** Plain write of 8 bits. */
  set8(offset: number, value: number): void;
  /** Plain write of 16 bits, little-endian. */
  set16(offset: number, value: number): void;
  /** Plain write of 32 bits, little-endian. */
  set32(offset: number, value: number): void;
  /** Plain write of 64 bits, little-endian. */
  set64(offset: number, value: bigint): void;

  /** Sequentially consistent read of 8 bits: takes what a peer published. */
  load8(offset: number): number;
  /** Sequentially consistent read of 16 bits: takes what a peer published. */
  load16(offset: number): number;
  /** Sequentially consistent read of 32 bits: takes what a peer published. */
  load32(offset: number): number;
  /** Sequentially consistent read of 64 bits: takes what a peer published. Allocates. */
  load64(offset: number): bigint;
  /** Sequentially consistent write of 8 bits: publishes what was written before. */
  store8(offset: number, value: number): void;
  /** Sequentially consistent write of 16 bits: publishes what was written before. */
  store16(offset: number, value: number): void;
  /** Sequentially consistent write of 32 bits: publishes what was written before. */
  store32(offset: number, value: number): void;
  /** Sequentially consistent write of 64 bits: publishes what was written before. */
  store64(offset: number, value: bigint): void;

  /**
   * Copies private bytes into the shared ones.
   *
   * The range of `source` must lie inside it: a typed array read beyond its end reads as 0.
   */
  copyIn(offset: number, source: Uint8Array, sourceOffset: number, length: number): void;
  /** Copies shared bytes into a private array, whose range must lie inside it. */
  copyOut(offset: number, target: Uint8Array, targetOffset: number, length: number): void;
  /** Sets `length` bytes to the low 8 bits of `value`. */
  fill(offset: number, value: number, length: number): void;
  /**
   * An array over the bytes themselves where the memory allows any access, or a private copy of
   * them where it is of kind `device`. Allocates.
   */
  view(offset: number, length: number): Uint8Array;

  /** Makes our writes of a range visible to the peer; nothing where memory is coherent. */
  flush(offset: number, length: number): void;
  /** Drops our cached bytes of a range before a read; nothing where memory is coherent. */
  invalidate(offset: number, length: number): void;
}
