// Runs before the suite, so that a missing browser is a sentence, and neither a stack nor a pass.

import { existsSync } from "node:fs";

/** Debian's package, by path: no test downloads a browser. */
export const chromium = "/usr/bin/chromium";

export function setup(): void {
  if (existsSync(chromium)) return;
  throw new Error(`The tests of the browser need ${chromium}; type: sudo apt-get install chromium`);
}
