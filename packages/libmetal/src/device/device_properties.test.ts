import { deviceProperties } from "@openamp/libmetal";
import { expect, test } from "vitest";

const encoder = new TextEncoder();
const BYTES: Readonly<Record<string, Uint8Array>> = {
  compatible: encoder.encode("xlnx,zynq-slcr\0syscon\0"),
  "clock-frequency": Uint8Array.of(0x02, 0xfa, 0xf0, 0x80),
  reg: Uint8Array.of(0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff),
  "dma-coherent": new Uint8Array(),
  status: encoder.encode("okay\0"),
  unended: encoder.encode("okay"),
  binary: Uint8Array.of(0xff, 0xfe, 0),
  odd: new Uint8Array(6),
};

const asked: string[] = [];
const properties = deviceProperties("f8000000.slcr", {
  names: () => Object.keys(BYTES),
  read(name) {
    asked.push(name);
    return Object.hasOwn(BYTES, name) ? BYTES[name] : undefined;
  },
});

test("every reader reads its form", () => {
  expect(properties.names()).toEqual(Object.keys(BYTES).toSorted());
  expect(properties.u32("clock-frequency")).toBe(50_000_000);
  expect(properties.u32s("reg")).toEqual([1, 0xffffffff]);
  expect(properties.u32s("dma-coherent")).toEqual([]);
  expect(properties.string("status")).toBe("okay");
  expect(properties.strings("compatible")).toEqual(["xlnx,zynq-slcr", "syscon"]);
  expect(properties.strings("dma-coherent")).toEqual([]);
  expect(properties.bytes("odd")).toEqual(new Uint8Array(6));
  expect([properties.has("dma-coherent"), properties.has("dma")]).toEqual([true, false]);
});

test.each([
  ["u32", "reg", "it has 2 cells, not one"],
  ["u32", "dma-coherent", "it has 0 cells, not one"],
  ["u32", "odd", "its 6 bytes are no cells of 32 bits"],
  ["u32s", "odd", "its 6 bytes are no cells of 32 bits"],
  ["string", "compatible", "it has 2 texts, not one"],
  ["string", "unended", "it does not end with a zero byte, as text does"],
  ["strings", "clock-frequency", "it does not end with a zero byte, as text does"],
  ["strings", "binary", "its bytes are no text"],
] as const)("%s refuses the form of %s", (reader, name, reason) => {
  expect(() => properties[reader](name)).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: `Read property "${name}" of device "f8000000.slcr": ${reason}`,
    }),
  );
});

test("a name that is not there is NOT_FOUND", () => {
  for (const reader of ["bytes", "u32", "u32s", "string", "strings"] as const) {
    expect(() => properties[reader]("clocks")).toThrow(
      expect.objectContaining({ code: "NOT_FOUND" }),
    );
  }
});

test("a name that leads out of the node is refused before anything is read", () => {
  const before = asked.length;
  for (const name of ["", ".", "..", "../reg", "/etc/passwd", "a/b", "reg\0", "x".repeat(256)]) {
    expect(() => properties.bytes(name)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(() => properties.has(name)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  }
  expect(asked.length).toBe(before);
});
