/**
 * The bytes of a message that is to be echoed. They differ from message to message and from byte to
 * byte, so that a stale buffer, a shifted or a cut one is no right answer.
 *
 * @param size Bytes.
 * @param sequence The message's number, 32 bits: the first four bytes, little-endian.
 * @returns The payload.
 */
export function echoPayload(size: number, sequence: number): Uint8Array {
  const payload = new Uint8Array(size);
  // Marsaglia, "Xorshift RNGs" (2003): the triple 13, 17, 5; any state but 0.
  let state = (sequence ^ 0x9e3779b9) | 0 || 1;
  for (let index = 0; index < size; index++) {
    if (index < 4) {
      payload[index] = sequence >>> (8 * index);
      continue;
    }
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    payload[index] = state;
  }
  return payload;
}

/**
 * Whether two messages are equal in every byte.
 *
 * @param left One.
 * @param right The other.
 * @returns True where they are.
 */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
