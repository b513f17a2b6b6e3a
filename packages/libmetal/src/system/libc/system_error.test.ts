import { expect, test } from "vitest";
import { LINUX } from "./linux.ts";
import { systemError } from "./system_error.ts";

test.each([
  ["NOT_FOUND", "ENOENT", "no such file or directory"],
  ["NOT_FOUND", "ENOTDIR", "not a directory"],
  ["PERMISSION", "EACCES", "permission denied"],
  ["PERMISSION", "EPERM", "operation not permitted"],
  ["PERMISSION", "EROFS", "read-only file system"],
  ["EXISTS", "EEXIST", "file already exists"],
  ["BUSY", "EBUSY", "resource busy or locked"],
  ["NO_SPACE", "ENOSPC", "no space left on device"],
  ["NO_SPACE", "ENOMEM", "not enough memory"],
  ["NO_SPACE", "EMFILE", "too many open files"],
  ["INVALID_ARGUMENT", "ENAMETOOLONG", "name too long"],
  ["SYSTEM", "EINVAL", "invalid argument"],
] as const)("%s: %s", (code, name, words) => {
  expect(systemError("Do it", LINUX[name])).toMatchObject({
    code,
    message: `Do it: ${words} (${name})`,
  });
});

test("a hint and a cause are kept, and an unknown number is named", () => {
  const cause = new Error("why");
  const error = systemError("Do it", 999, { cause, hint: "do that first" });
  expect([error.code, error.message, error.cause]).toEqual([
    "SYSTEM",
    "Do it: failed (errno 999); do that first",
    cause,
  ]);
});
