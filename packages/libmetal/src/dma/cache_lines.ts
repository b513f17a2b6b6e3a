import { MetalError } from "../error.ts";
import type { ScatterEntry } from "./scatter_list.ts";

/**
 * Refuses bytes that a device may write where they share a cache line with others: the line goes
 * back, and is dropped, as a whole, so that our writes beside would destroy the device's, or the
 * device's them. The kernel asks for the same: `ARCH_DMA_MINALIGN`.
 *
 * @param attempt What is attempted.
 * @param entry The bytes.
 * @throws {MetalError} `MISALIGNED`.
 */
export function checkLines(attempt: string, { memory, offset, length }: ScatterEntry): void {
  const { lineSize } = memory.words;
  // A memory starts with a line, and may end within one.
  if (offset % lineSize === 0 && length % lineSize === 0) return;
  throw new MetalError(
    "MISALIGNED",
    `${attempt}: ${length} bytes at offset ${offset} of "${memory.name}" share a cache line of ` +
      `${lineSize} bytes with others`,
  );
}
