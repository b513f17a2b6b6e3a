/**
 * Makes foreign text fit for a terminal: what could move its cursor, or worse, becomes `\x1b` and
 * the like, and what could turn the reading direction becomes `\u202e` and the like. A tab stays.
 *
 * @param text What somebody else wrote.
 * @returns The same, in printable characters and on one line.
 *
 * @example
 * ```ts
 * import { printable } from "@openamp/libmetal";
 *
 * if (printable("\u001b[2Jecho") !== "\\x1b[2Jecho") throw new Error("ESC is spelt out");
 * ```
 */
export function printable(text: string): string {
  return text.replace(
    // The C0 set without the tab, DEL and the C1 set (ECMA-48, section 5); the line and paragraph
    // separators and the directional formatting characters (Unicode Standard Annex 9, section 2).
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => {
      const code = character.charCodeAt(0);
      const digits = code.toString(16);
      return code > 0xff ? `\\u${digits}` : `\\x${digits.padStart(2, "0")}`;
    },
  );
}
