import { readFileSync } from "node:fs";
import { adoptEventfd, openEventfd } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";

/** The flags of an open descriptor, as the kernel has them. */
function flagsOf(descriptor: number): number {
  const text = readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1");
  return Number.parseInt(/^flags:\s+(\d+)/m.exec(text)?.[1] ?? "", 8);
}

test("an adopted eventfd neither blocks nor goes on to programs that are started", async () => {
  const made = await openEventfd();
  const descriptor = made.release();
  const libc = await loadLibc();
  // As somebody else may have made it.
  expect(libc.fcntl(descriptor, LINUX.F_SETFL, 0)).toBe(0);
  expect(libc.fcntl(descriptor, LINUX.F_SETFD, 0)).toBe(0);
  const both = LINUX.O_NONBLOCK | LINUX.O_CLOEXEC;
  expect(flagsOf(descriptor) & both).toBe(0);
  using adopted = await adoptEventfd(descriptor);
  expect(flagsOf(descriptor) & both).toBe(both);
  expect(adopted.take()).toBe(0);
});
