import { readFileSync } from "node:fs";
import { pid } from "node:process";
import { threadIdentity } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { startProgram } from "../../../fixtures/other_process.ts";

/** Field 22 of a thread's `stat`, read in another way. */
function startOf(tid: number): number {
  const text = readFileSync(`/proc/${tid}/task/${tid}/stat`, "utf8");
  return Number(text.replace(/^.*\) /su, "").split(" ")[19]);
}

test("a thread is known by its number and its start", async () => {
  const identity = await threadIdentity();
  const { tid, startTime } = identity;
  expect(startTime).toBe(startOf(tid) % 2 ** 32);
  // One of this process's threads.
  expect(readFileSync(`/proc/${pid}/task/${tid}/comm`, "utf8")).not.toBe("");
  expect(identity.alive?.(tid, startTime)).toBe(true);
  expect(identity.alive?.(tid, undefined)).toBe(true);
  expect(identity.alive?.(tid, startTime + 1)).toBe(false);
  expect(await threadIdentity()).toMatchObject({ tid, startTime });
});

test("a process lives until it is killed", async () => {
  const identity = await threadIdentity();
  await using other = startProgram("/bin/sleep", [100]);
  const started = startOf(other.pid);
  expect(identity.alive?.(other.pid, started)).toBe(true);
  expect(identity.alive?.(other.pid, started - 1)).toBe(false);
  other.kill("SIGSTOP");
  expect(identity.alive?.(other.pid, started)).toBe(true);
  other.kill("SIGKILL");
  await other.exit;
  expect(identity.alive?.(other.pid, started)).toBe(false);
  expect(identity.alive?.(other.pid, undefined)).toBe(false);
});

test("one that nobody has waited for yet is dead", async () => {
  const identity = await threadIdentity();
  // The shell's child, whose parent by then is a program that waits for nobody.
  await using parent = startProgram("/bin/sh", ["-c", "sleep 0.01 & echo $!; exec sleep 100"]);
  const child = Number(await parent.line());
  await expect.poll(() => readFileSync(`/proc/${child}/stat`, "utf8")).toContain(") Z ");
  expect(identity.alive?.(child, startOf(child))).toBe(false);
});

test("a name with parentheses and spaces is no obstacle", async () => {
  const identity = await threadIdentity();
  const name = "printf '%s' 'a) Z (b) 1' > /proc/$$/comm; echo ready; read line";
  await using other = startProgram("/bin/sh", ["-c", name]);
  expect(await other.line()).toBe("ready");
  expect(readFileSync(`/proc/${other.pid}/stat`, "utf8")).toContain("(a) Z (b) 1)");
  expect(identity.alive?.(other.pid, startOf(other.pid))).toBe(true);
});

test("a number that no thread has is dead", async () => {
  const identity = await threadIdentity();
  expect(identity.alive?.(2 ** 30 - 1, undefined)).toBe(false);
});
