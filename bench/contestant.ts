import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { path } from "../tools/run.ts";
import { repository } from "../tools/workspace.ts";

/** Seconds after which a program that does not answer is given up. */
const LIMIT = 30;

/** A benchmark program that waits to be asked; only one of them runs at a time. */
export interface Contestant extends AsyncDisposable {
  /**
   * Lets it measure.
   *
   * @param milliseconds For how long.
   * @returns Nanoseconds: of a message, and what else the program measures.
   * @throws {Error} Where it ends instead, or takes too long.
   */
  ask(milliseconds: number): Promise<readonly number[]>;
}

/** Ends what still runs when this process is ended. */
const running = new Set<() => void>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    for (const kill of running) kill();
    process.exit(1);
  });
}

/**
 * Starts a program that speaks as c/answer.h says.
 *
 * @param command The executable and its arguments.
 * @returns The program, ready to be asked.
 */
export async function startContestant(command: readonly string[]): Promise<Contestant> {
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    cwd: repository,
    env: { ...process.env, PATH: path },
    stdio: ["pipe", "pipe", "pipe"],
    // A process group of its own, so that what it starts is ended with it.
    detached: true,
  });
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  };
  running.add(kill);
  const exit = once(child, "exit");
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function line(): Promise<string> {
    const limit = setTimeout(kill, LIMIT * 1000);
    const { value, done } = await lines.next();
    clearTimeout(limit);
    if (done === true) {
      await exit;
      throw new Error(`${command.join(" ")} ended without an answer\n${complaint}`);
    }
    return value;
  }

  async function end(): Promise<void> {
    child.stdin.end();
    const limit = setTimeout(kill, LIMIT * 1000);
    await exit;
    clearTimeout(limit);
    running.delete(kill);
  }

  if ((await line()) !== "ready") {
    kill();
    throw new Error(`${command.join(" ")} did not say that it is ready`);
  }
  return {
    async ask(milliseconds) {
      child.stdin.write(`${milliseconds}\n`);
      return (await line()).split(" ").map(Number);
    },
    [Symbol.asyncDispose]: end,
  };
}
