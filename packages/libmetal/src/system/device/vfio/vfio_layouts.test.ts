import { beforeAll, expect, test } from "vitest";
import { buildCProgram } from "../../../../fixtures/c_program.ts";
import { VFIO_CONSTANTS, VFIO_LAYOUTS } from "./vfio_layouts.ts";

/** By name, what gcc makes of <linux/vfio.h>: `struct.member` at its offset and size, or a value. */
const facts = new Map<string, readonly number[]>();

beforeAll(() => {
  const members = VFIO_LAYOUTS.flatMap(({ name, fields, tail }) => [
    `  printf("${name} %zu\\n", sizeof(struct ${name}));`,
    ...Object.keys(fields).map(
      (field) =>
        `  printf("${name}.${field} %zu %zu\\n", offsetof(struct ${name}, ${field}),` +
        ` sizeof(((struct ${name} *)0)->${field}));`,
    ),
    ...(tail === undefined
      ? []
      : [
          `  printf("${name}.${tail.name} %zu %zu\\n", offsetof(struct ${name}, ${tail.name}),` +
            ` sizeof(((struct ${name} *)0)->${tail.name}[0]));`,
        ]),
  ]);
  const source = [
    ...["stdio", "stddef", "sys/ioctl", "linux/vfio"].map((header) => `#include <${header}.h>`),
    "int main(void) {",
    ...members,
    ...VFIO_CONSTANTS.map(
      ({ name }) => `  printf("${name} %llu\\n", (unsigned long long)${name});`,
    ),
    "  return 0;",
    "}",
  ].join("\n");
  using program = buildCProgram({ text: source });
  for (const line of program.run().trim().split("\n")) {
    const [name = "", ...numbers] = line.split(" ");
    facts.set(name, numbers.map(Number));
  }
});

test.each(VFIO_LAYOUTS)("$name lies as in <linux/vfio.h>", ({ name, size, fields, tail }) => {
  for (const [field, place] of Object.entries(fields)) {
    expect([field, facts.get(`${name}.${field}`)]).toEqual([field, [place.offset, place.size]]);
  }
  // A newer kernel's structure is longer: `argsz` tells it where ours ends.
  expect(facts.get(name)?.[0]).toBeGreaterThanOrEqual(size);
  const ending = tail === undefined ? undefined : facts.get(`${name}.${tail.name}`);
  expect(ending).toEqual(tail && [size, tail.size]);
});

test.each(VFIO_CONSTANTS)("$name is $value", ({ name, value }) => {
  expect(facts.get(name)).toEqual([value]);
});
