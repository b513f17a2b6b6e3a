import { MetalError } from "../error.ts";

/** Bytes of a mebibyte. Upstream: `MB`. */
export const MB: number = 2 ** 20;

/** Bytes of a gibibyte. Upstream: `GB`. */
export const GB: number = 2 ** 30;

/**
 * The next multiple at or above a number. Upstream: `metal_align_up`, for powers of two only.
 *
 * @param value A whole number, -(2^53 - 1) to 2^53 - 1.
 * @param alignment A whole number, 1 to 2^53 - 1.
 * @returns The multiple.
 * @throws {MetalError} `INVALID_ARGUMENT` for other numbers; `OUT_OF_RANGE` where the multiple is
 *   beyond 2^53 - 1.
 *
 * @example
 * ```ts
 * import { alignDown, alignUp } from "@openamp/libmetal";
 *
 * if (alignUp(10, 4) !== 12 || alignDown(10, 4) !== 8) throw new Error("The multiples around it");
 * if (alignUp(0x1_0000_0001, 4096) !== 0x1_0000_1000) throw new Error("Beyond 32 bits as well");
 * ```
 */
export function alignUp(value: number, alignment: number): number {
  const action = `Align ${value} up to ${alignment}`;
  const over = remainder(action, value, alignment);
  return inRange(action, value - over + (over > 0 ? alignment : 0));
}

/**
 * The next multiple at or below a number. Upstream: `metal_align_down`, for powers of two only.
 *
 * @param value A whole number, -(2^53 - 1) to 2^53 - 1.
 * @param alignment A whole number, 1 to 2^53 - 1.
 * @returns The multiple.
 * @throws {MetalError} `INVALID_ARGUMENT` for other numbers; `OUT_OF_RANGE` where the multiple is
 *   beyond -(2^53 - 1).
 */
export function alignDown(value: number, alignment: number): number {
  const action = `Align ${value} down to ${alignment}`;
  const over = remainder(action, value, alignment);
  return inRange(action, value - over - (over < 0 ? alignment : 0));
}

/**
 * Divides, and rounds up: -10 by 3 is -3. Upstream: `metal_div_round_up`.
 *
 * @param value A whole number, -(2^53 - 1) to 2^53 - 1.
 * @param divisor A whole number, 1 to 2^53 - 1.
 * @returns The quotient.
 * @throws {MetalError} `INVALID_ARGUMENT` for other numbers.
 */
export function divRoundUp(value: number, divisor: number): number {
  const over = remainder(`Divide ${value} by ${divisor}`, value, divisor);
  return (value - over) / divisor + (over > 0 ? 1 : 0);
}

/**
 * Divides, and rounds down: -10 by 3 is -4. Upstream: `metal_div_round_down`, which rounds what is
 * negative up.
 *
 * @param value A whole number, -(2^53 - 1) to 2^53 - 1.
 * @param divisor A whole number, 1 to 2^53 - 1.
 * @returns The quotient.
 * @throws {MetalError} `INVALID_ARGUMENT` for other numbers.
 */
export function divRoundDown(value: number, divisor: number): number {
  const over = remainder(`Divide ${value} by ${divisor}`, value, divisor);
  // Not Math.floor(value / divisor): the quotient of large numbers is rounded before.
  return (value - over) / divisor - (over < 0 ? 1 : 0);
}

/**
 * Whether a number is 1, 2, 4, 8 …
 *
 * @param value Any number.
 * @returns True for a power of two from 1 to 2^52.
 */
export function isPowerOfTwo(value: number): boolean {
  if (!Number.isSafeInteger(value) || value <= 0) return false;
  const low = value >>> 0;
  const high = (value - low) / 2 ** 32;
  return high === 0 ? (low & (low - 1)) === 0 : low === 0 && (high & (high - 1)) === 0;
}

/**
 * The exponent of a power of two. Upstream: `metal_log2`.
 *
 * @param value A power of two, 1 to 2^52.
 * @returns 0 to 52.
 * @throws {MetalError} `INVALID_ARGUMENT` for any other number, which has none.
 */
export function log2(value: number): number {
  if (!isPowerOfTwo(value)) {
    throw new MetalError("INVALID_ARGUMENT", `Take the logarithm of ${value}: no power of two`);
  }
  return value < 2 ** 32 ? 31 - Math.clz32(value) : 63 - Math.clz32(value / 2 ** 32);
}

/** What is over the multiple next to 0: of the sign of the value. */
function remainder(action: string, value: number, divisor: number): number {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor) && divisor > 0) {
    return value % divisor;
  }
  throw new MetalError(
    "INVALID_ARGUMENT",
    `${action}: whole numbers within 2^53 - 1 are needed, the second of them positive`,
  );
}

function inRange(action: string, multiple: number): number {
  if (Number.isSafeInteger(multiple)) return multiple;
  throw new MetalError("OUT_OF_RANGE", `${action}: the multiple is beyond 2^53 - 1`);
}
