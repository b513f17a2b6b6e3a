import { spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";
import { repository } from "./workspace.ts";

export interface RunOptions {
  /** Working directory; the repository's root by default. */
  readonly cwd?: string;
  /** Variables that are set on top of this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lets the program write to this process's standard output and error; nothing is captured. */
  readonly inherit?: boolean;
  /** After this many seconds the program, and all that it started, is killed. */
  readonly limit?: number;
}

export interface RunResult {
  /** Exit status; 128 and more when a signal ended the program. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** How long the program ran, in seconds. */
  readonly seconds: number;
}

/** The checkout's own bun, deno and node come first, whatever else is installed. */
export const path: string = [
  `${repository}/node_modules/.bin`,
  `${repository}/node_modules/.runtimes`,
  process.env["PATH"],
].join(":");

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a program to its end. A program that cannot be started rejects. */
export function run(
  command: string,
  args: readonly string[],
  { cwd = repository, env = {}, inherit = false, limit }: RunOptions = {},
): Promise<RunResult> {
  const start = performance.now();
  const output = { stdout: "", stderr: "" };
  return new Promise((resolve, reject) => {
    const signalGroup = (signal: NodeJS.Signals): void => {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    };
    const stop = (signal: NodeJS.Signals): void => {
      signalGroup(signal);
      process.exit(128 + constants.signals[signal]);
    };
    for (const signal of stopSignals) process.on(signal, stop);
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, PATH: path, ...env },
      stdio: inherit ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
      // A process group of its own, so that what the program starts can be ended with it. The price
      // is that a terminal's Ctrl-C reaches only this process, which passes it on.
      detached: true,
    });
    const timer =
      limit === undefined ? undefined : setTimeout(() => signalGroup("SIGKILL"), limit * 1000);
    const finish = (): void => {
      clearTimeout(timer);
      for (const signal of stopSignals) process.off(signal, stop);
    };

    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    child.once("error", (error) => {
      finish();
      reject(error);
    });
    child.once("close", (code, signal) => {
      finish();
      const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      resolve({ status, ...output, seconds: (performance.now() - start) / 1000 });
    });
  });
}
