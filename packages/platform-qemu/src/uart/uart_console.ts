import { printable } from "@openamp/libmetal";

/** Characters of a console line. A longer one comes in pieces of this length. */
const longestLine = 1024;

/** Makes lines of what a UART sends. */
export interface UartConsole {
  /** Takes the next bytes. */
  write(chunk: Uint8Array): void;
  /** Tells what came after the last line end. */
  end(): void;
}

/**
 * Makes lines of the bytes of a console UART. The bytes are UTF-8, a line ends with LF or CR LF,
 * and control characters come out printable.
 *
 * @param tell Gets each line without its line end, at most 1024 characters before they are made
 *   printable.
 * @returns Takes the bytes.
 */
export function uartConsole(tell: (line: string) => void): UartConsole {
  const decoder = new TextDecoder();
  let line = "";

  function tellLine(length: number): void {
    const text = line.slice(0, length);
    tell(printable(text.endsWith("\r") ? text.slice(0, -1) : text));
  }

  function take(text: string): void {
    line += text;
    let end = line.indexOf("\n");
    while (end !== -1 || line.length > longestLine) {
      const whole = end !== -1 && end <= longestLine;
      tellLine(whole ? end : longestLine);
      line = line.slice(whole ? end + 1 : longestLine);
      end = line.indexOf("\n");
    }
  }

  return {
    write: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end() {
      take(decoder.decode());
      if (line !== "") tellLine(line.length);
      line = "";
    },
  };
}
