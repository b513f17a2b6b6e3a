import { expect, test } from "vitest";
import { uartConsole } from "./uart_console.ts";

function linesOf(...chunks: (string | Uint8Array)[]): readonly string[] {
  const lines: string[] = [];
  const uart = uartConsole((line) => lines.push(line));
  for (const chunk of chunks) {
    uart.write(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
  }
  uart.end();
  return lines;
}

test("makes lines of bytes, wherever they are cut", () => {
  expect(linesOf("one\r\ntw", "o\n\nfo", "ur\r", "\n")).toEqual(["one", "two", "", "four"]);
});

test("tells an unfinished line at the end, once", () => {
  expect(linesOf("half")).toEqual(["half"]);
  expect(linesOf("whole\n")).toEqual(["whole"]);
});

test("puts a character together that comes in two pieces, and survives bytes that are none", () => {
  expect(linesOf(Uint8Array.of(0x67, 0xc3), Uint8Array.of(0xbc, 0x0a))).toEqual(["gü"]);
  expect(linesOf(Uint8Array.of(0xff, 0x41, 0x0a))).toEqual(["\ufffdA"]);
});

test("makes control characters printable, and leaves tabs", () => {
  expect(linesOf("\u001b[2J\u0007\u0000\u007f\u009b1m\ta\rb\n")).toEqual([
    "\\x1b[2J\\x07\\x00\\x7f\\x9b1m\ta\\x0db",
  ]);
});

test("cuts a line that does not end into pieces", () => {
  const x = "x".repeat(1024);
  expect(linesOf(`${x}${x}yz\n`)).toEqual([x, x, "yz"]);
  expect(linesOf(x, x, "y")).toEqual([x, x, "y"]);
  expect(linesOf(`${x}\n`)).toEqual([x]);
});
