import { expect, test } from "vitest";
import { FIRST_LEVELS, HEAP_CONSTANTS, HEAP_LAYOUTS, SECOND_LEVELS } from "./heap_layout.ts";
import { classAbove, classOf, highestBit, lowestBit, SIZE_CLASSES } from "./size_class.ts";

const LARGEST = 2 ** 32 - 16;

/** The bounds of all classes, and the sizes beside them. */
const SIZES = Array.from({ length: 27 }, (_, index) => 2 ** (index + 5))
  .flatMap((power) => Array.from({ length: 16 }, (_, step) => power + (power / 16) * step))
  .flatMap((size) => [size - 16, size, size + 16])
  .filter((size) => size % 16 === 0 && size >= 32 && size <= LARGEST);

test("a larger block is in the same class or a higher one, up to the last", () => {
  const sorted = [...new Set(SIZES)].sort((one, other) => one - other);
  const classes = sorted.map(classOf);
  expect(classes).toEqual([...classes].sort((one, other) => one - other));
  expect([classes[0], classOf(LARGEST)]).toEqual([2, SIZE_CLASSES - 1]);
});

test("every block of the class above is large enough, and no class is passed over", () => {
  for (const size of SIZES) {
    const above = classAbove(size);
    const tooSmall = SIZES.filter((other) => classOf(other) >= above && other < size);
    expect(tooSmall).toEqual([]);
    expect(above - classOf(size)).toBeLessThanOrEqual(1);
    const isLowest = SIZES.every((other) => classOf(other) < classOf(size) || other >= size);
    expect(above === classOf(size)).toBe(isLowest);
  }
  expect(classAbove(2 ** 32)).toBe(SIZE_CLASSES);
  expect(classAbove(2 ** 40)).toBe(SIZE_CLASSES);
});

test("the lowest and the highest bit of a word", () => {
  for (let bit = 0; bit < 32; bit++) {
    expect([lowestBit(1 << bit), highestBit(1 << bit)]).toEqual([bit, bit]);
    expect([lowestBit(-1 << bit), highestBit(-1 >>> bit)]).toEqual([bit, 31 - bit]);
  }
});

test("the layouts have no gap and no overlap", () => {
  for (const { size, fields } of Object.values(HEAP_LAYOUTS)) {
    let end = Object.values(fields)[0]?.offset ?? 0;
    const start = end;
    for (const field of Object.values(fields)) {
      expect(field.offset).toBe(end);
      end = field.offset + field.size;
    }
    expect(end - start).toBe(size);
  }
  const { header } = HEAP_LAYOUTS;
  expect(header.size).toBe(HEAP_CONSTANTS.first);
  expect(header.fields.heads.size).toBe(4 * FIRST_LEVELS * SECOND_LEVELS);
  expect(header.fields.classes.size).toBe(4 * FIRST_LEVELS);
});
