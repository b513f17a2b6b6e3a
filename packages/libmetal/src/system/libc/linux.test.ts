import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arch } from "node:process";
import { expect, test } from "vitest";
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
  const directory = mkdtempSync(join(tmpdir(), "libmetal-"));
  try {
    const program = join(directory, "numbers");
    execFileSync("gcc", ["-x", "c", "-", "-o", program], { input: source });
    const lines = execFileSync(program, { encoding: "utf8" }).trim().split("\n");
    const numbers = lines
      .map((line) => line.split(" "))
      .map(([name, text]) => [name, Number(text)]);
    expect(numbers).toEqual(Object.entries(expected));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
