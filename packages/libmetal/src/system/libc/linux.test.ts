import { arch } from "node:process";
import { expect, test } from "vitest";
import { buildCProgram } from "../../../fixtures/c_program.ts";
import { LINUX, openFlags } from "./linux.ts";

test("the numbers are those of the headers of this machine", () => {
  const expected = { ...LINUX, ...openFlags(arch) };
  const names = Object.keys(expected);
  const source = [
    "#define _GNU_SOURCE",
    ...[
      "fcntl",
      "unistd",
      "sys/mman",
      "sys/stat",
      "linux/magic",
      "linux/memfd",
      "time",
      "linux/futex",
      "sys/epoll",
      "sys/eventfd",
      "sys/socket",
      "errno",
      "stdio",
    ].map((header) => `#include <${header}.h>`),
    "int main(void) {",
    ...names.map((name) => `  printf("%s %lld\\n", "${name}", (long long)${name});`),
    "  return 0;",
    "}",
  ].join("\n");
  using program = buildCProgram({ text: source });
  const numbers = program
    .run()
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([name, text]) => [name, Number(text)]);
  expect(numbers).toEqual(Object.entries(expected));
});
