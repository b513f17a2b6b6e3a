import { printable } from "../host/printable.ts";

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

  function tellLine(text: string): void {
    tell(printable(text.endsWith("\r") ? text.slice(0, -1) : text));
  }

  function take(text: string): void {
    const lines = (line + text).split("\n");
    line = lines.pop() ?? "";
    for (const each of lines) tellPieces(each);
    while (line.length > longestLine) {
      tellLine(line.slice(0, longestLine));
      line = line.slice(longestLine);
    }
  }

  function tellPieces(text: string): void {
    for (let start = 0; start === 0 || start < text.length; start += longestLine) {
      tellLine(text.slice(start, start + longestLine));
    }
  }

  return {
    write: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end() {
      take(decoder.decode());
      if (line !== "") tellLine(line);
      line = "";
    },
  };
}
