/** The largest number that a descriptor can have: it is an `int`, and a larger one would be cut. */
const LARGEST = 2 ** 31 - 1;

/**
 * Whether a number can be that of a descriptor.
 *
 * @param value The number.
 */
export function isDescriptor(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= LARGEST;
}
