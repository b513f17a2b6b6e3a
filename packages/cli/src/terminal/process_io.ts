import process from "node:process";
import type { Io } from "./io.ts";

/** Erases the line that the cursor is in (ECMA-48, EL 2), and goes to its start. */
const ERASE_LINE = "\u001b[2K\r";

/** Milliseconds between two progress lines: more often nobody can read. */
const PROGRESS_INTERVAL = 100;

/**
 * The standard output and standard error of this process.
 *
 * @param signal Ends a command early.
 * @returns Where a command writes.
 */
export function processIo(signal: AbortSignal): Io {
  const { stdout, stderr, env } = process;
  let shown = false;
  let next = 0;

  function erase(): void {
    if (shown) stderr.write(ERASE_LINE);
    shown = false;
  }

  return {
    // no-color.org: any value but an empty one.
    colour: stdout.isTTY && stderr.isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb",
    signal,
    out(line) {
      erase();
      stdout.write(`${line}\n`);
    },
    err(line) {
      erase();
      stderr.write(`${line}\n`);
    },
    progress(line) {
      if (!stderr.isTTY) return;
      if (line === "") {
        erase();
        return;
      }
      const now = performance.now();
      if (now < next) return;
      next = now + PROGRESS_INTERVAL;
      stderr.write(`${ERASE_LINE}${line}`);
      shown = true;
    },
  };
}
