import { expect, test } from "vitest";
import { findCapability } from "./capabilities.ts";
import { VFIO_REGION_INFO } from "./vfio_layouts.ts";

/** An answer of so many bytes, with headers of id and next at offsets. */
function answer(
  length: number,
  headers: Readonly<Record<number, readonly [number, number]>>,
): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (const [at, [id, next]] of Object.entries(headers)) {
    view.setUint16(Number(at), id, true);
    view.setUint32(Number(at) + 4, next, true);
  }
  return bytes;
}

const find = (bytes: Uint8Array, first: number, id: number) =>
  findCapability(bytes, VFIO_REGION_INFO, first, id);

test("a capability is found behind others, and none is none", () => {
  const bytes = answer(80, { 32: [3, 48], 48: [9, 64], 64: [1, 0] });
  expect([find(bytes, 32, 1), find(bytes, 32, 3), find(bytes, 48, 1)]).toEqual([64, 32, 64]);
  expect([find(bytes, 32, 2), find(bytes, 0, 3)]).toEqual([undefined, undefined]);
});

test.each([
  ["that leads to itself", { 32: [3, 32] }],
  ["that leads back", { 32: [3, 48], 48: [4, 32] }],
  ["that leads into the structure", { 32: [3, 16] }],
  ["that leads out of the bytes", { 32: [3, 0xfffffff0] }],
  ["whose last header is cut short", { 32: [3, 76] }],
] as const)("a chain %s ends there", (_, headers) => {
  expect(find(answer(80, headers), 32, 1)).toBeUndefined();
});

test.each([1, 16, 76, 80, 0xffffffff])("a chain that begins at %d is none", (first) => {
  expect(find(answer(80, {}), first, 0)).toBeUndefined();
});
