/**
 * Makes foreign text fit for a terminal: control characters, which could move its cursor or worse,
 * become `\x1b` and the like. A tab stays.
 *
 * @param text What somebody else wrote.
 * @returns The same, in printable characters.
 */
export function printable(text: string): string {
  return text.replace(
    // The C0 set without the tab, DEL, and the C1 set (ECMA-48, section 5).
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
