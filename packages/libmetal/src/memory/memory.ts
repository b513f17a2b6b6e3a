import type { IoRegion } from "../io/io_region.ts";
import type { SharedWords } from "./shared_words.ts";

/**
 * How memory may be touched.
 *
 * - `normal`: any access.
 * - `device`: naturally aligned loads and stores only (UIO and no-map reservations on Arm, TCM); a
 *   bulk copy there ends the process with SIGBUS, so it is copied word by word.
 */
export type MemoryKind = "normal" | "device";

/** Where the bytes of a memory lie in this thread. */
export interface Mapping {
  /** The buffer that they lie in. */
  readonly buffer: ArrayBufferLike;
  /** Where offset 0 lies in the buffer: bytes, a multiple of 8. */
  readonly byteOffset: number;
  /**
   * The address of offset 0 in this process, where the operating system has mapped it: what a call
   * of the C library takes. Upstream: `virt`.
   */
  readonly address: number | undefined;
  /**
   * Aborted when the owner has ended the mapping: its bytes are nobody's then, so locks refuse them
   * and sleeps on them end. Undefined where the bytes live as long as the buffer.
   */
  readonly closed: AbortSignal | undefined;
}

/**
 * A region whose bytes are mapped here and seen by the peer. Upstream: `metal_io_region` with
 * `virt`.
 */
export interface Memory extends IoRegion {
  /** How it may be touched. */
  readonly kind: MemoryKind;
  /** Its bytes, for ring and wire code. */
  readonly words: SharedWords;
  /**
   * Where its bytes lie here: for locks and for calls of the operating system, which need the words
   * themselves. Undefined where the words are not bytes of a buffer, such as those that a test
   * watches.
   */
  readonly mapping: Mapping | undefined;
  /**
   * Makes our writes visible to the peer. Upstream: `metal_cache_flush`.
   *
   * @param offset Bytes from the start.
   * @param length Bytes.
   */
  flush(offset: number, length: number): void;
  /**
   * Drops our cached bytes before a read. Upstream: `metal_cache_invalidate`.
   *
   * @param offset Bytes from the start.
   * @param length Bytes.
   */
  invalidate(offset: number, length: number): void;
}

/**
 * Cache maintenance of memory that is not coherent. Both calls work on whole lines, those that the
 * range touches, and return when the memory has the bytes, or the cache has them no more.
 */
export interface CacheMaintenance {
  /**
   * Bytes of a line: a power of two, 4 to 4096. Default 64, the largest of the processors that
   * OpenAMP runs on.
   */
  readonly lineSize?: number;
  /** Writes `length` bytes from `offset` back to memory. */
  flush(offset: number, length: number): void;
  /** Drops `length` cached bytes from `offset`. */
  invalidate(offset: number, length: number): void;
}
