import { MetalError } from "../error.ts";

/**
 * Refuses a big-endian host: its words would not be the peer's. Everything that lies in shared memory
 * is little-endian, and typed arrays are in the order of the host.
 *
 * The module that lays typed arrays over shared memory calls this while it loads, so that an import
 * of the package fails, and not something later. It is called there, and is not a module of its own
 * that is imported for its effect: a bundler would leave that out, as `sideEffects: false` allows.
 *
 * @param bytes How this host lays down the 16-bit word 1.
 * @throws {MetalError} `UNSUPPORTED`.
 */
export function requireLittleEndian(
  bytes: Uint8Array = new Uint8Array(Uint16Array.of(1).buffer),
): void {
  if (bytes[0] === 1) return;
  throw new MetalError(
    "UNSUPPORTED",
    "Load @openamp/libmetal: this host is big-endian, and the words of shared memory are little-endian",
  );
}
