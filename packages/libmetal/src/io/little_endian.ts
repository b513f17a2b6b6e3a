/** The bits of a value that an access takes, as a number that is not negative. */
export function lowBits(value: number, width: 1 | 2 | 4): number {
  if (width === 4) return value >>> 0;
  return value & (width === 2 ? 0xffff : 0xff);
}

/** Lays a little-endian word down in an array. */
export function putWord(target: Uint8Array, at: number, bytes: number, word: number): void {
  for (let byte = 0; byte < bytes; byte++) target[at + byte] = word >>> (8 * byte);
}

/** Lays a little-endian word of 64 bits down in an array. */
export function putWord64(target: Uint8Array, at: number, word: bigint): void {
  putWord(target, at, 4, Number(BigInt.asUintN(32, word)));
  putWord(target, at + 4, 4, Number(word >> 32n));
}

/** Makes a little-endian word of up to 4 bytes. */
export function wordOf(byteAt: (at: number) => number, at: number, bytes: number): number {
  let word = 0;
  for (let byte = 0; byte < bytes; byte++) word |= byteAt(at + byte) << (8 * byte);
  return word >>> 0;
}
