import { MetalError } from "../error.ts";

/** What a message says of a region. */
export interface RegionIdentity {
  readonly name: string;
  readonly size: number;
}

/** What is done with a range of a region. */
export type RegionAction = "Read" | "Write" | "Set" | "Flush" | "Invalidate";

/** Bytes that one access moves. */
export type AccessWidth = 1 | 2 | 4 | 8;

/**
 * Refuses a range that does not lie in the region.
 *
 * @throws {MetalError} `OUT_OF_RANGE`.
 */
export function checkRange(
  region: RegionIdentity,
  action: RegionAction,
  offset: number,
  length: number,
): void {
  // A difference, so that no sum can round; and written so that NaN fails too.
  const inside = offset >= 0 && length >= 0 && length <= region.size - offset;
  if (inside && Number.isInteger(offset) && Number.isInteger(length)) return;
  const whole = Number.isInteger(offset) && Number.isInteger(length);
  const reason = whole ? `it has ${region.size} bytes` : "that is no whole number of bytes";
  throw new MetalError("OUT_OF_RANGE", `${described(region, action, offset, length)}: ${reason}`);
}

/**
 * Refuses a single access that does not lie in the region, or not at a multiple of its width.
 *
 * @throws {MetalError} `OUT_OF_RANGE`, `MISALIGNED`.
 */
export function checkAccess(
  region: RegionIdentity,
  action: RegionAction,
  offset: number,
  width: AccessWidth,
): void {
  checkRange(region, action, offset, width);
  if (offset % width === 0) return;
  throw new MetalError(
    "MISALIGNED",
    `${described(region, action, offset, width)}: not a multiple of ${width}`,
  );
}

/**
 * Refuses a value that a typed array would silently make another: NaN would be written as 0.
 *
 * @throws {MetalError} `INVALID_ARGUMENT`.
 */
export function checkNumber(
  region: RegionIdentity,
  action: RegionAction,
  offset: number,
  length: number,
  value: number,
): void {
  if (Number.isInteger(value)) return;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `${described(region, action, offset, length)}: ${String(value)} is no whole number`,
  );
}

/**
 * Refuses what is no value of 64 bits.
 *
 * @throws {MetalError} `INVALID_ARGUMENT`.
 */
export function checkBigint(region: RegionIdentity, offset: number, value: bigint): void {
  if (typeof value === "bigint") return;
  throw new MetalError(
    "INVALID_ARGUMENT",
    `${described(region, "Write", offset, 8)}: ${String(value)} is no bigint`,
  );
}

/**
 * The error of an access after the owner has closed the region.
 *
 * @returns The error, `CLOSED`.
 */
export function closedError(
  region: RegionIdentity,
  action: RegionAction,
  offset: number,
  length: number,
): MetalError {
  return new MetalError(
    "CLOSED",
    `${described(region, action, offset, length)}: its owner has closed it`,
  );
}

/**
 * The error of a write to what may only be read.
 *
 * @returns The error, `READ_ONLY`.
 */
export function readOnlyError(
  region: RegionIdentity,
  action: RegionAction,
  offset: number,
  length: number,
): MetalError {
  return new MetalError(
    "READ_ONLY",
    `${described(region, action, offset, length)}: it may only be read`,
  );
}

/** The first half of a message: what is attempted, on what. */
export function described(
  region: RegionIdentity,
  action: RegionAction,
  offset: number,
  length: number,
): string {
  const bytes = length === 1 ? "1 byte" : `${length} bytes`;
  return `${action} ${bytes} at offset ${offset} of "${region.name}"`;
}
