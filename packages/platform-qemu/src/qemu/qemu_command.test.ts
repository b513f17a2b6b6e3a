import process from "node:process";
import { hostClock } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { fakeQemu, tellVersion } from "../../fixtures/fake_qemu.ts";
import { findQemu } from "./qemu_command.ts";

const limit = { clock: hostClock, timeout: 10_000 };
const environment = { PATH: process.env["PATH"] ?? "" };

describe("findQemu", () => {
  test("takes the oldest version that will do, and guards it", async () => {
    await using qemu = await fakeQemu({ asked: tellVersion("6.1.0") });
    expect(await findQemu(qemu.path, environment, limit)).toEqual({
      qemu: qemu.path,
      version: "6.1.0",
      guarded: true,
      words: ["setpriv", "--pdeathsig", "KILL", qemu.path],
    });
  });

  test("runs QEMU without a guard where there is none", async () => {
    await using qemu = await fakeQemu({ asked: tellVersion("10.0.2") });
    // setpriv is not there; the script needs nothing of PATH, and `#!/bin/sh` neither.
    expect(await findQemu(qemu.path, { PATH: "/nonexistent" }, limit)).toEqual({
      qemu: qemu.path,
      version: "10.0.2",
      guarded: false,
      words: [qemu.path],
    });
  });

  test("says in one sentence that QEMU is missing, and how to get it", async () => {
    await expect(findQemu("qemu-system-nowhere", environment, limit)).rejects.toMatchObject({
      code: "QEMU_MISSING",
      message:
        'QEMU cannot be run as "qemu-system-nowhere": install it (Debian, Ubuntu: ' +
        "apt install qemu-system-arm), or name its executable with the option qemu",
    });
  });

  test.each(["5.2.0", "6.0.50"])("names both versions where QEMU is %s", async (version) => {
    await using qemu = await fakeQemu({ asked: tellVersion(version) });
    await expect(findQemu(qemu.path, environment, limit)).rejects.toMatchObject({
      code: "QEMU_TOO_OLD",
      message: `"${qemu.path}" is QEMU ${version}, and 6.1 or newer is needed`,
    });
  });

  test("refuses a program that tells no version", async () => {
    await using qemu = await fakeQemu({ asked: "exit 0" });
    await expect(findQemu(qemu.path, environment, limit)).rejects.toMatchObject({
      code: "QEMU_FAILED",
      message: `"${qemu.path} --version" tells no version: is it QEMU?`,
    });
  });

  test("does not wait for ever for a version, and can be aborted", async () => {
    await using qemu = await fakeQemu({ asked: "exec sleep 60" });
    await expect(findQemu(qemu.path, environment, { ...limit, timeout: 50 })).rejects.toMatchObject(
      {
        code: "TIMEOUT",
      },
    );
    const signal = AbortSignal.abort();
    await expect(findQemu(qemu.path, environment, { ...limit, signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
  });
});
