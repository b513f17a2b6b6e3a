import { styleText } from "node:util";
import type { Io } from "./io.ts";

/** The few styles that the command uses. */
export type Style = "bold" | "dim" | "red" | "yellow" | "green";

/**
 * Dresses text for a terminal.
 *
 * @param io Whether there is one.
 * @param style How.
 * @param text What; without control characters of its own.
 * @returns The text, as it was where colours are not taken.
 */
export function styled(io: Io, style: Style, text: string): string {
  // Whether to colour was decided for `io`; some runtimes would look at this process's own output.
  return io.colour ? styleText(style, text, { validateStream: false }) : text;
}
