import { expect, test } from "vitest";
import { WordAlias } from "./word_alias.ts";

test("an alias is made for an array that comes twice in a row, and not driven out by one", () => {
  const alias = new WordAlias();
  const [kept, other] = [new Uint8Array(12).subarray(4), new Uint8Array(8)];
  for (const array of [kept, other, kept]) alias.note(array);
  expect(alias.array).toBeUndefined();
  alias.note(kept);
  alias.note(other);
  expect(alias.array).toBe(kept);
  kept.set([1, 0, 0, 0, 2]);
  expect([...alias.words]).toEqual([1, 2]);
  alias.note(other);
  expect(alias.array).toBe(other);
});

test.each([
  ["starts between two words", new Uint8Array(12).subarray(2)],
  ["may shrink", new Uint8Array(new ArrayBuffer(8, { maxByteLength: 8 }))],
  ["may grow", new Uint8Array(new SharedArrayBuffer(8, { maxByteLength: 8 }))],
])("no alias is made for an array that %s", (_, array) => {
  const alias = new WordAlias();
  for (let turn = 0; turn < 3; turn++) alias.note(array);
  expect(alias.array).toBeUndefined();
});
