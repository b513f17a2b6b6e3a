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

/** Cache maintenance of memory that is not coherent. */
export interface CacheMaintenance {
  /** Writes `length` bytes from `offset` back to memory. */
  flush(offset: number, length: number): void;
  /** Drops `length` cached bytes from `offset`. */
  invalidate(offset: number, length: number): void;
}
