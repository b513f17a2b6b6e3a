import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { expect, test, vi } from "vitest";
import { run } from "./run.ts";
import { repository } from "./workspace.ts";

/** A shell that starts a child of its own, names it, and waits for it. */
const family = ["-c", "sleep 1000 & echo $!; wait"];

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("gives the output and the status of a program", async () => {
  const result = await run("sh", ["-c", "echo out; echo error >&2; exit 3"]);
  expect(result).toMatchObject({ status: 3, stdout: "out\n", stderr: "error\n" });
});

test("rejects when the program cannot be started", async () => {
  await expect(run("no-such-program", [])).rejects.toThrow("no-such-program");
});

test("ends a program that exceeds its limit, and what it started", async () => {
  const { status, stdout } = await run("sh", family, { limit: 0.2 });
  expect(status).toBe(128 + 9);
  await vi.waitFor(() => expect(isRunning(Number(stdout))).toBe(false), { timeout: 10_000 });
});

test("passes a stop signal on to the program and what it started", async () => {
  const code = `import { run } from "./tools/run.ts";
    await run("sh", ${JSON.stringify(family)}, { inherit: true });`;
  const runner = spawn("bun", ["--eval", code], { cwd: repository });
  const [chunk] = (await once(runner.stdout, "data")) as [Buffer];
  runner.kill("SIGTERM");
  const [status] = await once(runner, "exit");
  expect(status).toBe(128 + 15);
  const pid = Number(chunk.toString());
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000 });
});
