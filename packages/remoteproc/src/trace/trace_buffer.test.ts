import { addressSpace, bufferMemory } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { type TraceBuffer, traceBuffer } from "./trace_buffer.ts";

const BASE = 0x2100_0000;
/** Where the trace buffer lies in the memory, and how long it is. */
const AT = 32;
const SIZE = 16;

/** A trace buffer between bytes that are not its own, and the pen of the processor. */
function tracing(name = "trace0"): { trace: TraceBuffer; write: (text: string) => void } {
  const buffer = new SharedArrayBuffer(64);
  const bytes = new Uint8Array(buffer).fill("?".charCodeAt(0));
  const memory = bufferMemory({ name: "shm", physicalAddress: BASE, buffer });
  const window = addressSpace([{ name: "shm", address: BASE, memory }]).resolve(BASE + AT, SIZE);
  if (window === undefined) throw new Error("The buffer lies outside its memory");
  return {
    trace: traceBuffer(name, window, BASE + AT, SIZE),
    write: (text) => bytes.set(new TextEncoder().encode(text), AT),
  };
}

describe("a trace buffer", () => {
  test.each([
    ["up to the first NUL, with line ends and tabs", "one\n\ttwo\0older\0", "one\n\ttwo"],
    ["as empty where it starts with NUL", "\0lder text here!", ""],
    ["T44 to its own end where it has no NUL", "0123456789abcdef", "0123456789abcdef"],
    [
      "T44 with every other byte in printable characters",
      "\u001b[2J\u0007\r\u007f\u009b\0",
      "\\x1b[2J\\x07\\x0d\\x7f\\xc2\\x9b",
    ],
  ])("is read %s", (_, content, text) => {
    const { trace, write } = tracing();
    write(content);
    expect(trace.read()).toBe(text);
  });

  test("is read as it is at the moment", () => {
    const { trace, write } = tracing();
    write("one\0");
    expect(trace.read()).toBe("one");
    write("three\0");
    expect(trace.read()).toBe("three");
  });

  test("T44 has a name in printable characters", () => {
    expect(tracing("tr\u001bce").trace.name).toBe("tr\\x1bce");
  });
});
