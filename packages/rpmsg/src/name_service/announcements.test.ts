import { expect, test } from "vitest";

import type { Announcement } from "./announcement.ts";
import { Announcements } from "./announcements.ts";

const here = (name: string, address: number): Announcement => ({ name, address, present: true });
const gone = (name: string, address: number): Announcement => ({ name, address, present: false });

test("services are kept in order of arrival, each name and address once", () => {
  const table = new Announcements();
  expect(table.apply(here("b", 1))).toBe(true);
  expect(table.apply(here("a", 2))).toBe(true);
  expect(table.apply(here("b", 1))).toBe(false);
  expect(table.apply(here("b", 3))).toBe(true);
  expect(table.list().map(({ name, address }) => `${name}${address}`)).toEqual(["b1", "a2", "b3"]);
  expect(table.find("b")?.address).toBe(1);
  expect(table.find("b", ({ address }) => address !== 1)?.address).toBe(3);
  expect(table.find("c")).toBeUndefined();
});

test("T30: withdrawing what is not there, or twice, changes nothing", () => {
  const table = new Announcements();
  expect(table.apply(gone("a", 1))).toBe(false);
  table.apply(here("a", 1));
  expect(table.apply(gone("a", 2))).toBe(false);
  expect(table.apply(gone("b", 1))).toBe(false);
  expect(table.apply(gone("a", 1))).toBe(true);
  expect(table.apply(gone("a", 1))).toBe(false);
  expect(table.list()).toEqual([]);
});

test("T30: the table holds 1024 services, whatever else is announced", () => {
  const table = new Announcements();
  let kept = 0;
  for (let address = 0; address < 100_000; address++) {
    if (table.apply(here("flood", address))) kept++;
  }
  expect(kept).toBe(1024);
  expect(table.list()).toHaveLength(1024);
  expect(table.apply(gone("flood", 0))).toBe(true);
  expect(table.apply(here("late", 1))).toBe(true);
});
