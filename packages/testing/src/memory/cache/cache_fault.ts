/**
 * What became of a write that two caches did not keep in step.
 *
 * - `stale read`: a side read bytes that another had written anew: in memory, or still in its cache.
 * - `dropped write`: a side invalidated bytes that it had written and that were not in memory yet.
 * - `overwritten write`: a side's dirty line, which is written back whole, went over newer bytes.
 */
export type CacheFaultKind = "stale read" | "dropped write" | "overwritten write";

/**
 * What would have helped.
 *
 * - `flush`: after the write, before others were told of it, or before the bytes were given away.
 * - `invalidate`: after others wrote, before the read, or before the write of a part of a line.
 * - `line of its own`: two sides write into one line, and no maintenance helps.
 */
export type MissingMaintenance = "flush" | "invalidate" | "line of its own";

/** A write that a cache hid or destroyed. */
export interface CacheFault {
  /** What happened. */
  readonly fault: CacheFaultKind;
  /** Who read, invalidated, or wrote a line back. */
  readonly side: string;
  /** Whose write was not seen, or is gone. */
  readonly writer: string;
  /** The first byte: bytes from the start of the memory. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** What is missing. */
  readonly missing: MissingMaintenance;
  /** Who should have done it. */
  readonly by: string;
}

/** Tells of a fault in one line. */
export function describeCacheFault(fault: CacheFault): string {
  const { side, writer, offset, length, missing, by } = fault;
  const what = `${length} bytes at offset ${offset}`;
  const happened = {
    "stale read": `${side} read ${what} as they were before ${writer} wrote them`,
    "dropped write": `${side} invalidated ${what} that it had written`,
    "overwritten write": `${side} wrote a line back over ${what} that ${writer} had written`,
  };
  const help = missing === "line of its own" ? missing : `${missing} by ${by}`;
  return `${happened[fault.fault]}; missing: ${help}`;
}
