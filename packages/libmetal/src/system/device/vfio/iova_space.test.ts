import { expect, test } from "vitest";
import { iovaSpace } from "./iova_space.ts";

const GRANULE = 0x1000;

test("the lowest addresses with room are given, never 0, and given back", () => {
  const space = iovaSpace(
    [
      { start: 0, end: 0x4000 },
      { start: 0x10000, end: 0x14000 },
    ],
    GRANULE,
  );
  const first = space.take("Map", 0x1000);
  const second = space.take("Map", 0x2000);
  expect([first.start, second.start]).toEqual([0x1000, 0x2000]);
  const third = space.take("Map", 0x1000);
  expect(third.start).toBe(0x10000);
  expect(() => space.take("Map", 0x4000)).toThrow(expect.objectContaining({ code: "NO_SPACE" }));
  second[Symbol.dispose]();
  expect(space.take("Map", 0x1000).start).toBe(0x2000);
  expect(space.take("Map", 0x1000).start).toBe(0x3000);
  expect(space.take("Map", 0x3000).start).toBe(0x11000);
  expect(() => space.take("Map", 0x1000)).toThrow(expect.objectContaining({ code: "NO_SPACE" }));
});

test("an address of one's own must be translated, and free", () => {
  const space = iovaSpace([{ start: 0x1000, end: 0xfee00000 }], GRANULE);
  const mine = space.take("Map", 0x2000, 0x8000);
  expect([mine.start, mine.end]).toEqual([0x8000, 0xa000]);
  for (const address of [0x7000, 0x8000, 0x9000]) {
    expect(() => space.take("Map", 0x2000, address)).toThrow(
      expect.objectContaining({ code: "OVERLAP" }),
    );
  }
  for (const address of [0, 0xfedff000, 0xfee00000, 2 ** 40]) {
    expect(() => space.take("Map", 0x2000, address)).toThrow(
      expect.objectContaining({
        code: "OUT_OF_RANGE",
        message: expect.stringContaining("only 0x1000 to 0xfedfffff"),
      }),
    );
  }
  expect(space.take("Map", 0x2000, 0xa000).start).toBe(0xa000);
  expect(space.take("Map", 0x8000).start).toBe(0xc000);
  expect(space.take("Map", 0x7000).start).toBe(0x1000);
});

test("ranges lie in whole units, and without any there is no space", () => {
  const space = iovaSpace([{ start: 0x800, end: 0x3800 }], GRANULE);
  expect(space.take("Map", 0x2000).start).toBe(0x1000);
  expect(() => space.take("Map", 0x1000)).toThrow(expect.objectContaining({ code: "NO_SPACE" }));
  for (const ranges of [[], [{ start: 0, end: 0x1000 }]]) {
    expect(() => iovaSpace(ranges, GRANULE)).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED" }),
    );
  }
});
