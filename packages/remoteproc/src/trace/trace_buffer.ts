import type { AddressWindow } from "@openamp/libmetal";

/** A buffer into which the processor writes its log. In the kernel: debugfs `trace0`. */
export interface TraceBuffer {
  /** Its name in the resource table, control characters escaped. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Reads what is in it now, up to the first NUL: printable ASCII, tabs and line ends as they are,
   * any other byte as `\xNN`, so that a terminal can show it (T44).
   */
  read(): string;
}

/**
 * Makes a reader of a trace buffer.
 *
 * @param name Its name in the resource table.
 * @param window The memory that it lies in.
 * @param da Its device address.
 * @param size Bytes.
 * @returns The reader.
 */
export function traceBuffer(
  name: string,
  window: AddressWindow,
  da: number,
  size: number,
): TraceBuffer {
  const offset = da - window.bias;
  return {
    name: escapeBytes(new Uint8Array(Array.from(name, (each) => each.charCodeAt(0)))),
    size,
    read() {
      const bytes = new Uint8Array(size);
      window.memory.readBlock(offset, bytes);
      const end = bytes.indexOf(0);
      return escapeBytes(end < 0 ? bytes : bytes.subarray(0, end));
    },
  };
}

function escapeBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const plain = (byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0a;
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return text;
}
