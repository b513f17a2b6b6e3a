import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EPOLL_EVENT } from "./epoll.ts";

/** What a C compiler makes of structures: each is a list of sizes and offsets. */
const STRUCTURES: readonly (readonly [string, readonly string[], readonly number[]])[] = [
  [
    "struct epoll_event",
    [
      "sizeof(struct epoll_event)",
      "offsetof(struct epoll_event, events)",
      "offsetof(struct epoll_event, data)",
    ],
    [EPOLL_EVENT.size, EPOLL_EVENT.events, EPOLL_EVENT.data],
  ],
];

test("structures are laid out as the headers of this machine have them", () => {
  const source = `
    #define _GNU_SOURCE
    #include <stddef.h>
    #include <stdio.h>
    #include <sys/epoll.h>
    int main(void) {
      ${STRUCTURES.flatMap(([, expressions]) => expressions)
        .map((expression) => `printf("%zu\\n", ${expression});`)
        .join("\n")}
      return 0;
    }`;
  const directory = mkdtempSync(join(tmpdir(), "libmetal-"));
  try {
    const program = join(directory, "structures");
    execFileSync("gcc", ["-x", "c", "-", "-o", program], { input: source });
    const printed = execFileSync(program, { encoding: "utf8" }).trim().split("\n").map(Number);
    expect(printed).toEqual(STRUCTURES.flatMap(([, , numbers]) => numbers));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
