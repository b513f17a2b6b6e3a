/**
 * The message that announces a service: `struct rpmsg_ns_msg` (`<linux/rpmsg/ns.h>`), 40 bytes,
 * little-endian, packed. It goes from the endpoint's own address to `RPMSG_NS_ADDR`.
 */

/** Bytes of the message. */
export const RPMSG_NS_MESSAGE_SIZE = 40;
/** `name`, 32 bytes with a NUL within: the service's name. */
export const RPMSG_NS_NAME = 0;
/** Bytes of `name`, the NUL among them. */
export const RPMSG_NAME_SIZE = 32;
/** `addr`, 32 bits: the endpoint's address. */
export const RPMSG_NS_ADDRESS = 32;
/** `flags`, 32 bits. */
export const RPMSG_NS_FLAGS = 36;
/** `flags`: the service is there. */
export const RPMSG_NS_CREATE = 0;
/** `flags`: the service is gone. */
export const RPMSG_NS_DESTROY = 1;

/** The message, read. */
export interface NameServiceMessage {
  /** The name: printable ASCII, any other byte as `\xNN`. */
  readonly name: string;
  /** The endpoint's address, any 32-bit number. */
  readonly address: number;
  /** Whether the service is gone. */
  readonly destroy: boolean;
}

/**
 * Whether a name can go into the message: 1 to 31 printable ASCII characters.
 *
 * @param name The name.
 * @returns True where it can.
 *
 * @example
 * ```ts
 * import { isServiceName } from "@openamp/rpmsg/wire";
 *
 * if (!isServiceName("rpmsg-tty")) throw new Error("A name as they are");
 * if (isServiceName("x".repeat(32))) throw new Error("No byte is left for the NUL");
 * ```
 */
export function isServiceName(name: string): boolean {
  return /^[\x21-\x7e]([\x20-\x7e]{0,29}[\x21-\x7e])?$/.test(name);
}

/**
 * Writes the message.
 *
 * @param name The name, for which {@linkcode isServiceName} holds.
 * @param address The endpoint's address.
 * @param destroy Whether the service is gone.
 * @returns Its 40 bytes.
 *
 * @example
 * ```ts
 * import { encodeNameService } from "@openamp/rpmsg/wire";
 *
 * const bytes = encodeNameService("rpmsg-tty", 0x400, true);
 * if (bytes.length !== 40 || bytes[33] !== 4 || bytes[36] !== 1) throw new Error("As Linux has it");
 * ```
 */
export function encodeNameService(name: string, address: number, destroy: boolean): Uint8Array {
  const bytes = new Uint8Array(RPMSG_NS_MESSAGE_SIZE);
  for (let index = 0; index < name.length; index++) bytes[index] = name.charCodeAt(index);
  const view = new DataView(bytes.buffer);
  view.setUint32(RPMSG_NS_ADDRESS, address, true);
  view.setUint32(RPMSG_NS_FLAGS, destroy ? RPMSG_NS_DESTROY : RPMSG_NS_CREATE, true);
  return bytes;
}

/**
 * Reads the message out of bytes that are ours already.
 *
 * @param bytes Its bytes.
 * @returns The message, or undefined where the size, the name or a flag is not of the protocol.
 *
 * @example
 * ```ts
 * import { decodeNameService, encodeNameService } from "@openamp/rpmsg/wire";
 *
 * const message = decodeNameService(encodeNameService("rpmsg-raw", 1024, false));
 * if (message?.name !== "rpmsg-raw" || message.address !== 1024) throw new Error("As written");
 * if (decodeNameService(new Uint8Array(39)) !== undefined) throw new Error("One byte is missing");
 * ```
 */
export function decodeNameService(bytes: Uint8Array): NameServiceMessage | undefined {
  if (bytes.length !== RPMSG_NS_MESSAGE_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint32(RPMSG_NS_FLAGS, true);
  if (flags !== RPMSG_NS_CREATE && flags !== RPMSG_NS_DESTROY) return undefined;
  let name = "";
  // The last byte counts as the NUL, whatever the peer put there (T28).
  for (const byte of bytes.subarray(RPMSG_NS_NAME, RPMSG_NAME_SIZE - 1)) {
    if (byte === 0) break;
    name += printable(byte);
  }
  if (name === "") return undefined;
  const address = view.getUint32(RPMSG_NS_ADDRESS, true);
  return { name, address, destroy: flags === RPMSG_NS_DESTROY };
}

function printable(byte: number): string {
  if (byte >= 0x20 && byte <= 0x7e) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
