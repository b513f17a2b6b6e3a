import { expect, test } from "vitest";
import { ecmascript2022 } from "./ecmascript_2022.ts";
import { fixture } from "./fixture.ts";

const module = "packages/virtio/src/mod.ts";

test("accepts what ECMAScript 2022 has", () => {
  const text = `
    export class Ring {
      static #made = 0;
      static { Ring.#made = 0; }
      has(value: object): boolean { return #size in value; }
      #size = 1_000n ?? /(?<year>\\d{4})(?:x)/dsu;
    }`;
  expect(ecmascript2022.problems(fixture({ [module]: text }))).toEqual([]);
});

test.each([
  ["#!/usr/bin/env node", "a hashbang (ES2023)"],
  ["export const letters = /[a--b]/v;", "the regular expression flag v (ES2024)"],
  ["export const letters = /(?:a)(?i:b)/;", "regular expression modifiers (ES2025)"],
  ['import data from "./a.json" with { type: "json" };', "import attributes (ES2025)"],
  ["export function f(a: Disposable) { using b = a; return b; }", "using (ES2026)"],
  [
    "export async function f(a: AsyncDisposable) { await using b = a; return b; }",
    "await using (ES2026)",
  ],
  ["export class Ring { accessor size = 1; }", "accessor fields (a proposal)"],
  ["@sealed export class Ring {}", "decorators (a proposal)"],
  ['import defer * as late from "./late.ts";', "import defer (a proposal)"],
])("refuses %s", (text, syntax) => {
  const workspace = fixture({ [module]: text });
  expect(ecmascript2022.problems(workspace)).toEqual([`${module}: uses ${syntax}`]);
});
