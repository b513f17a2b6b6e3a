/**
 * An address as messages show it: `0x` and lower-case digits, as the Linux kernel's `%#x`.
 *
 * @param value A non-negative integer.
 * @returns For example `0x21000000`.
 */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
