import { expect, test } from "vitest";
import { fixture } from "./fixture.ts";
import { purity } from "./purity.ts";

const module = "packages/libmetal/src/word.ts";

test.each([
  "export const word = 1; // Bun, Deno and process may be spoken of",
  'export const names: readonly string[] = ["process"];',
  "export const table = { process: 1, Buffer: 2 }; export const one = table.process;",
  "export async function later(): Promise<void> { await Promise.resolve(); }",
  "export interface Peer { readonly process: number; }",
  "export function require(state: string): void { if (state) require(state); }",
  "export const start = (process: number): number => process;",
])("accepts %s", (text) => {
  expect(purity.problems(fixture({ [module]: text }))).toEqual([]);
});

test.each([
  ["export const version = process.version;", "uses the runtime global process"],
  ["export const bun = Bun;", "uses the runtime global Bun"],
  ['export const isDeno = "Deno" in globalThis;', "uses the runtime global Deno"],
  ["export const deno = globalThis.Deno;", "uses the runtime global Deno"],
  ['export const deno = globalThis["Deno"];', "uses the runtime global Deno"],
  ["export const deno = (globalThis as { Deno?: unknown }).Deno;", "uses the runtime global Deno"],
  ["const { Buffer } = globalThis; export const b = Buffer;", "uses the runtime global Buffer"],
  ['import { readFileSync } from "node:fs";', "imports node:fs"],
  ['import type { Pointer } from "bun:ffi";', "imports bun:ffi"],
  ['export const ffi = () => import("bun:ffi");', "imports bun:ffi"],
  ['import { map } from "./system/map.ts";', "imports ./system/map.ts, which is not part"],
  ["export const word = await Promise.resolve(1);", "awaits while it loads"],
  ["for await (const item of []) { item; }", "awaits while it loads"],
])("refuses %s", (text, problem) => {
  const problems = purity.problems(fixture({ [module]: text }));
  expect(problems).toContainEqual(expect.stringContaining(`${module}: ${problem}`));
});

test("lets libmetal/system use a runtime", () => {
  const text = 'import "node:fs"; export const bun = Bun;';
  expect(purity.problems(fixture({ "packages/libmetal/src/system/map.ts": text }))).toEqual([]);
});

test("refuses an import of libmetal/system by name in another core package", () => {
  const workspace = fixture({
    "packages/virtio/src/mod.ts": 'export * from "@openamp/libmetal/system";',
  });
  expect(purity.problems(workspace)).toHaveLength(1);
});
