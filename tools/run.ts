import { spawn } from "node:child_process";
import process from "node:process";
import { repository } from "./workspace.ts";

export interface RunOptions {
  /** Working directory; the repository's root by default. */
  readonly cwd?: string;
  /** Variables that are set on top of this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lets the program write to this process's standard output and error; nothing is captured. */
  readonly inherit?: boolean;
  /** After this many seconds the program and all that it started are killed. */
  readonly limit?: number;
}

export interface RunResult {
  /** Exit status; 128 and above when a signal ended the program. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** How long the program ran, in seconds. */
  readonly seconds: number;
}

/** The checkout's own bun, deno and node come first, whatever else is installed. */
export const path: string = `${repository}/node_modules/.bin:${process.env["PATH"] ?? ""}`;

/** Runs a program to its end. A program that cannot be started throws. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { cwd = repository, env = {}, inherit = false, limit } = options;
  const start = performance.now();
  const output = { stdout: "", stderr: "" };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, PATH: path, ...env },
      stdio: inherit ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
      // A group of its own, so that what it started can be ended with it.
      detached: limit !== undefined,
    });
    const { pid } = child;
    const end = (): void => {
      if (pid !== undefined) process.kill(limit === undefined ? pid : -pid, "SIGKILL");
    };
    const timer = limit === undefined ? undefined : setTimeout(end, limit * 1000);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const status = code ?? (signal === null ? 1 : 128);
      resolve({ status, ...output, seconds: (performance.now() - start) / 1000 });
    });
  });
}
