import { expect, test } from "vitest";
import { NOTES, WordAlias } from "./word_alias.ts";

function note(alias: WordAlias, array: Uint8Array, times: number): void {
  for (let time = 0; time < times; time++) alias.note(array);
}

test("an alias is made for an array that comes often in a row, and not driven out by fewer", () => {
  const alias = new WordAlias();
  const [kept, other] = [new Uint8Array(12).subarray(4), new Uint8Array(8)];
  note(alias, kept, NOTES - 1);
  note(alias, other, 1);
  note(alias, kept, NOTES - 1);
  expect(alias.array).toBeUndefined();
  alias.note(kept);
  note(alias, other, NOTES - 1);
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
  note(alias, array, 2 * NOTES);
  expect(alias.array).toBeUndefined();
});
