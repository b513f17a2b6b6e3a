import { expect, test } from "vitest";
import { parseResources } from "./pci_resources.ts";

const NONE = "0x0000000000000000 0x0000000000000000 0x0000000000000000";

test("the registers that are in use are read: memory, ports, and those of 64 bits", () => {
  const text = [
    "0x00000000febf1000 0x00000000febf10ff 0x0000000000040200",
    "0x000000000000c000 0x000000000000c01f 0x0000000000040101",
    "0x0000000800000000 0x00000008000fffff 0x000000000014220c",
    NONE,
    NONE,
    NONE,
    "0x00000000febc0000 0x00000000febdffff 0x0000000000046200",
    NONE,
  ].join("\n");
  expect(parseResources("Open", `${text}\n`)).toEqual([
    { index: 0, kind: "memory", start: 0xfebf1000, size: 0x100 },
    { index: 1, kind: "ports", start: 0xc000, size: 0x20 },
    { index: 2, kind: "memory", start: 0x800000000, size: 0x100000 },
  ]);
});

test.each([
  ["nothing", "", "INVALID_ARGUMENT"],
  ["two numbers", "0x1 0x2", "INVALID_ARGUMENT"],
  ["no number", `${NONE}\nyes no maybe`, "INVALID_ARGUMENT"],
  ["an end before its start", "0x2000 0x1000 0x200", "INVALID_ARGUMENT"],
  ["an end beyond 2^53", "0x0 0xffffffffffffffff 0x200", "OUT_OF_RANGE"],
])("%s is refused", (_, text, code) => {
  expect(() => parseResources("Open", text)).toThrow(expect.objectContaining({ code }));
});
