import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HANDLED, type HostEnd } from "../fixtures/host_end.ts";
import { gone, isRunning } from "../fixtures/processes.ts";
import { command, type Runtime, runtimes } from "../fixtures/runtimes.ts";

const program = fileURLToPath(new URL("../fixtures/host.ts", import.meta.url));

/** What the README says that Deno has to allow, and nothing more. */
const permissions = [
  "--allow-ffi",
  "--allow-run=qemu-system-arm,setpriv",
  "--allow-env=PATH,NODE_V8_COVERAGE",
];

interface HostExit {
  readonly status: number | null;
  readonly signal: string | null;
  readonly qemu: number;
  readonly errors: string;
}

/** Runs a host to its end, which is a signal where one is given. */
async function hostEnd(
  runtime: Runtime,
  directory: string,
  end: HostEnd,
  signal: "SIGHUP" | "SIGINT" | "SIGTERM" | "SIGKILL" | undefined,
  path: string | undefined = process.env["PATH"],
): Promise<HostExit> {
  const [executable, ...options] = command(runtime, permissions);
  const host = spawn(executable, [...options, program, end], {
    env: { ...process.env, TMPDIR: directory, PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  const exit = once(host, "close");
  let errors = "";
  host.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
  let qemu = 0;
  for await (const line of createInterface({ input: host.stdout })) {
    qemu = Number(line);
    if (signal === undefined) continue;
    expect(await isRunning(qemu)).toBe(true);
    host.kill(signal);
  }
  const [status, endingSignal] = (await exit) as [number | null, string | null];
  return { status, signal: endingSignal, qemu, errors };
}

/** How a host may end that can still do something about it. */
const ends = [
  ["returns", "return", undefined, 0, null],
  ["exits without a stop", "exit", undefined, 0, null],
  ["throws an error that nobody catches", "throw", undefined, 1, null],
  ["rejects a promise that nobody handles", "reject", undefined, 1, null],
  ["gets SIGINT", "wait", "SIGINT", null, "SIGINT"],
  ["gets SIGTERM", "wait", "SIGTERM", null, "SIGTERM"],
  ["gets SIGHUP", "wait", "SIGHUP", null, "SIGHUP"],
  ["gets SIGTERM and handles it", "handle", "SIGTERM", HANDLED, null],
] as const;

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "host-end-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe.each(runtimes)("a host in %s", (runtime) => {
  test.each([...ends, ["gets SIGKILL", "wait", "SIGKILL", null, "SIGKILL"]] as const)(
    "that %s leaves nothing behind",
    async (_what, end, signal, status, endSignal) => {
      const { qemu, errors, ...exit } = await hostEnd(runtime, directory, end, signal);
      expect({ ...exit, errors }).toEqual({
        status,
        signal: endSignal,
        errors: expect.any(String),
      });
      expect(qemu).toBeGreaterThan(0);
      await gone(qemu);
      expect(await readdir(directory)).toEqual([]);
    },
  );

  test.each(ends)(
    "that %s ends QEMU where setpriv is not installed",
    async (_what, end, signal, status, endSignal) => {
      await symlink(await realQemu(), join(directory, "qemu-system-arm"));
      const { qemu, errors, ...exit } = await hostEnd(runtime, directory, end, signal, directory);
      expect({ ...exit, errors }).toEqual({
        status,
        signal: endSignal,
        errors: expect.any(String),
      });
      expect(qemu).toBeGreaterThan(0);
      await gone(qemu);
    },
  );
});

async function realQemu(): Promise<string> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = await realpath(join(folder, "qemu-system-arm")).catch(() => undefined);
    if (path !== undefined) return path;
  }
  throw new Error("qemu-system-arm is not in PATH");
}
