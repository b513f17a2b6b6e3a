import process from "node:process";
import { hostClock } from "@openamp/libmetal";
import { describe, expect, test } from "vitest";
import { tellVersion, withFakeQemu } from "../../fixtures/fake_qemu.ts";
import { findQemu } from "./qemu_command.ts";

const limit = { clock: hostClock, timeout: 10_000 };
const environment = { PATH: process.env["PATH"] ?? "" };

describe("findQemu", () => {
  test("takes the oldest version that will do, and guards it", () =>
    withFakeQemu({ asked: tellVersion("6.1.0") }, async (qemu) => {
      expect(await findQemu(qemu, environment, limit)).toEqual({
        qemu,
        version: "6.1.0",
        guarded: true,
        words: ["setpriv", "--pdeathsig", "KILL", qemu],
      });
    }));

  test("runs QEMU without a guard where there is none", () =>
    withFakeQemu({ asked: tellVersion("10.0.2") }, async (qemu) => {
      // setpriv is not there; the script needs nothing of PATH, and `#!/bin/sh` neither.
      expect(await findQemu(qemu, { PATH: "/nonexistent" }, limit)).toEqual({
        qemu,
        version: "10.0.2",
        guarded: false,
        words: [qemu],
      });
    }));

  test("says in one sentence that QEMU is missing, and how to get it", async () => {
    await expect(findQemu("qemu-system-nowhere", environment, limit)).rejects.toMatchObject({
      code: "QEMU_MISSING",
      message:
        'QEMU cannot be run as "qemu-system-nowhere": install it (Debian, Ubuntu: ' +
        "apt install qemu-system-arm), or name its executable with the option qemu",
    });
  });

  test.each(["5.2.0", "6.0.50"])("names both versions where QEMU is %s", (version) =>
    withFakeQemu({ asked: tellVersion(version) }, async (qemu) => {
      await expect(findQemu(qemu, environment, limit)).rejects.toMatchObject({
        code: "QEMU_TOO_OLD",
        message: `"${qemu}" is QEMU ${version}, and 6.1 or newer is needed`,
      });
    }),
  );

  test("refuses a program that tells no version", () =>
    withFakeQemu({ asked: "exit 0" }, async (qemu) => {
      await expect(findQemu(qemu, environment, limit)).rejects.toMatchObject({
        code: "QEMU_FAILED",
        message: `"${qemu} --version" tells no version: is it QEMU?`,
      });
    }));

  test("does not wait for ever for a version, and can be aborted", () =>
    withFakeQemu({ asked: "exec sleep 60" }, async (qemu) => {
      await expect(findQemu(qemu, environment, { ...limit, timeout: 50 })).rejects.toMatchObject({
        code: "TIMEOUT",
      });
      const signal = AbortSignal.abort();
      await expect(findQemu(qemu, environment, { ...limit, signal })).rejects.toMatchObject({
        code: "ABORTED",
      });
    }));
});
