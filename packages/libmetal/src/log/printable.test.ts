import { expect, test } from "vitest";
import { printable } from "./printable.ts";

test.each([
  ["a line of text, with a\ttab", "a line of text, with a\ttab"],
  ["\u001b[31mred\u0007", "\\x1b[31mred\\x07"],
  ["two\r\nlines", "two\\x0d\\x0alines"],
  ["\u007f\u009b2J", "\\x7f\\x9b2J"],
  ["exe.\u202efle", "exe.\\u202efle"],
  ["naïve 名前", "naïve 名前"],
])("%j is printed as %j (T44)", (text, printed) => {
  expect(printable(text)).toBe(printed);
});
