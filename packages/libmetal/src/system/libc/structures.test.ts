import { expect, test } from "vitest";
import { buildCProgram } from "../../../fixtures/c_program.ts";
import { EPOLL_EVENT } from "./epoll.ts";
import { CMSGHDR, IOVEC, MSGHDR, SOCKADDR_UN, UCRED } from "./socket.ts";
import { STATFS, STATX } from "./stat.ts";

const STRUCTURES = [STATX, STATFS, EPOLL_EVENT, MSGHDR, IOVEC, CMSGHDR, SOCKADDR_UN, UCRED];

test.each(STRUCTURES)("$name is laid out as in $source", ({ name, source, size, fields }) => {
  const text = [
    "#define _GNU_SOURCE",
    "#include <stdio.h>",
    "#include <stddef.h>",
    `#include <${source}>`,
    "int main(void) {",
    `  printf("%zu", sizeof(${name}));`,
    ...Object.keys(fields).map(
      (field) =>
        `  printf(" %zu %zu", offsetof(${name}, ${field}), sizeof(((${name} *)0)->${field}));`,
    ),
    "}",
  ].join("\n");
  using program = buildCProgram({ text });
  const numbers = program.run().split(" ").map(Number);
  const rows = Object.values(fields).flatMap(({ offset, size: bytes }) => [offset, bytes]);
  expect(numbers).toEqual([size, ...rows]);
});
