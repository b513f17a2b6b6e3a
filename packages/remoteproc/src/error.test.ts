import { describe, expect, test } from "vitest";
import { REMOTEPROC_ERROR_CODES, RemoteprocError } from "./error.ts";

describe("RemoteprocError", () => {
  test("keeps its code, message and cause", () => {
    const cause = new Error("socket closed");
    const error = new RemoteprocError("DRIVER", "Cannot start m3", { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "RemoteprocError",
      code: "DRIVER",
      message: "Cannot start m3",
      cause,
    });
  });

  test("codes are told apart", () => {
    expect(new Set(REMOTEPROC_ERROR_CODES).size).toBe(REMOTEPROC_ERROR_CODES.length);
  });

  test("isRemoteprocError() accepts the error of another copy of the package", () => {
    const foreign = Object.assign(new Error("Out of time"), {
      name: "RemoteprocError",
      code: "TIMEOUT",
    });
    expect(foreign).not.toBeInstanceOf(RemoteprocError);
    expect(RemoteprocError.isRemoteprocError(foreign)).toBe(true);
    expect(RemoteprocError.isRemoteprocError(new RemoteprocError("STATE", "Not running"))).toBe(
      true,
    );
  });

  test.each([
    undefined,
    null,
    "TIMEOUT",
    new Error("Out of time"),
    Object.assign(new Error("Out of time"), { name: "RpmsgError", code: "TIMEOUT" }),
    Object.assign(new Error("Out of time"), { name: "RemoteprocError", code: "ENOENT" }),
  ])("isRemoteprocError() refuses %j", (error) => {
    expect(RemoteprocError.isRemoteprocError(error)).toBe(false);
  });
});
