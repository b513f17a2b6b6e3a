import { MetalError } from "../../error.ts";
import { LINUX } from "../libc/linux.ts";
import { SOCKADDR_UN } from "../libc/socket.ts";

const { sun_family: FAMILY, sun_path: PATH } = SOCKADDR_UN.fields;

/** A name of a Unix socket, as bind(2) and connect(2) take it. */
export interface UnixAddress {
  /** `struct sockaddr_un`. */
  readonly bytes: Uint8Array;
  /** How many of its bytes count. */
  readonly length: number;
  /** Whether it is a file, which stays when its program ends; otherwise an abstract name. */
  readonly isFile: boolean;
}

/**
 * The address of a Unix socket, unix(7).
 *
 * @param action What is attempted, on what.
 * @param path The path of a file, or `@` and an abstract name, which is no file.
 * @returns The address.
 * @throws {MetalError} `INVALID_ARGUMENT` where it is empty, has a zero byte or is too long.
 */
export function unixAddress(action: string, path: string): UnixAddress {
  if (path === "" || path === "@" || path.includes("\0")) {
    throw new MetalError("INVALID_ARGUMENT", `${action}: that is no path`);
  }
  const text = new TextEncoder().encode(path);
  // One byte is the zero at the end of a path.
  const most = PATH.size - 1;
  if (text.length > most) {
    throw new MetalError(
      "INVALID_ARGUMENT",
      `${action}: its path has ${text.length} bytes, and the path of a socket has ${most} at the ` +
        "most; take a shorter directory, such as one in /run or /tmp, or a path relative to the " +
        "working directory",
    );
  }
  const isFile = !path.startsWith("@");
  if (!isFile) text[0] = 0;
  const bytes = new Uint8Array(SOCKADDR_UN.size);
  new DataView(bytes.buffer).setUint16(FAMILY.offset, LINUX.AF_UNIX, true);
  bytes.set(text, PATH.offset);
  return { bytes, length: PATH.offset + text.length + Number(isFile), isFile };
}
