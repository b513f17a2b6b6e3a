import { addressSpace } from "@openamp/libmetal";
import { coherentModel, type MemoryModel, memoryModels } from "@openamp/testing";
import { describe, expect, test } from "vitest";
import { type TraceBuffer, traceBuffer } from "./trace_buffer.ts";

const BASE = 0x2100_0000;
/** Where the trace buffer lies in the memory, and how long it is. */
const AT = 32;
const SIZE = 16;

/** A trace buffer between bytes that are not its own, and the pen of the processor. */
function tracing(
  model: MemoryModel,
  name = "trace0",
): { trace: TraceBuffer; write: (text: string) => void } {
  const { host: memory, remote } = model.open(64, BASE);
  remote.setBlock(0, "?".charCodeAt(0), 64);
  const window = addressSpace([{ name: "shm", address: BASE, memory }]).resolve(BASE + AT, SIZE);
  if (window === undefined) throw new Error("The buffer lies outside its memory");
  return {
    trace: traceBuffer(name, window, BASE + AT, SIZE),
    write: (text) => remote.writeBlock(AT, new TextEncoder().encode(text)),
  };
}

describe.each(memoryModels)("a trace buffer in $name", (model) => {
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
    const { trace, write } = tracing(model);
    write(content);
    expect(trace.read()).toBe(text);
  });

  test("is read as it is at the moment", () => {
    const { trace, write } = tracing(model);
    write("one\0");
    expect(trace.read()).toBe("one");
    write("three\0");
    expect(trace.read()).toBe("three");
  });
});

test("T44 a trace buffer has a name in printable characters", () => {
  expect(tracing(coherentModel, "tr\u001bce").trace.name).toBe("tr\\x1bce");
});
