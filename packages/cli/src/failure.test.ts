import { MetalError } from "@openamp/libmetal";
import { OpenampError } from "@openamp/openamp";
import { LocalError } from "@openamp/platform-local";
import { QemuError } from "@openamp/platform-qemu";
import { REMOTEPROC_ERROR_CODES, RemoteprocError } from "@openamp/remoteproc";
import { RpmsgError } from "@openamp/rpmsg";
import { describe, expect, test } from "vitest";
import { CliError } from "./error.ts";
import { cannotBeHad, exitStatusOf } from "./failure.ts";

describe("the exit status of an error", () => {
  test.each([
    [new CliError("USAGE", ""), 2],
    [new CliError("NO_ANSWER", ""), 5],
    [new OpenampError("NO_RPMSG", ""), 3],
    [new OpenampError("NOT_ANNOUNCED", ""), 5],
    [new OpenampError("CRASHED", ""), 5],
    [new RpmsgError("BROKEN", ""), 5],
    [new LocalError("MODULE", ""), 3],
    [new QemuError("QEMU_MISSING", ""), 4],
    [new QemuError("QEMU_FAILED", ""), 4],
    [new MetalError("UNSUPPORTED", ""), 4],
    [new MetalError("OUT_OF_RANGE", ""), 70],
    [new TypeError("x is not a function"), 70],
    [Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }), 70],
    ["a string", 70],
  ])("%s is %i", (error, status) => {
    expect(exitStatusOf(error)).toBe(status);
  });

  test.each(REMOTEPROC_ERROR_CODES)(
    "a RemoteprocError of code %s is the firmware's fault",
    (code) => {
      expect([3, 5]).toContain(exitStatusOf(new RemoteprocError(code, "")));
    },
  );
});

test("QEMU cannot be had where it is missing, too old, or cannot share memory", () => {
  expect(cannotBeHad(new QemuError("QEMU_MISSING", ""))).toBe(true);
  expect(cannotBeHad(new QemuError("QEMU_TOO_OLD", ""))).toBe(true);
  expect(cannotBeHad(new MetalError("UNSUPPORTED", ""))).toBe(true);
  expect(cannotBeHad(new QemuError("QEMU_FAILED", ""))).toBe(false);
  expect(cannotBeHad(new RemoteprocError("ELF_MAGIC", ""))).toBe(false);
  expect(cannotBeHad(undefined)).toBe(false);
});
