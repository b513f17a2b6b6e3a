import { spawn } from "node:child_process";
import { MetalError } from "../../error.ts";
import { printable } from "../../log/printable.ts";
import type { WaitOptions } from "../../time/clock.ts";
import { hostClock } from "../../time/host_clock.ts";

/** Milliseconds that modprobe has. */
const LIMIT = 10_000;

/**
 * Loads a module of the kernel by modprobe(8), as this user: never through sudo.
 *
 * @param module Its name.
 * @param options For how long; 10 seconds by default.
 * @param command The program to run.
 * @throws {MetalError} `PERMISSION` where modprobe failed, with what it said and the line to type as
 *   root; `NOT_FOUND` where there is no modprobe; `TIMEOUT`, `ABORTED`.
 */
export async function loadModule(
  module: string,
  options: WaitOptions = {},
  command = "modprobe",
): Promise<void> {
  const { timeout = LIMIT, signal } = options;
  const action = `Load the kernel module "${module}"`;
  const line = `type as root: modprobe ${module}`;
  const absent = (cause?: unknown): MetalError =>
    new MetalError("NOT_FOUND", `${action}: ${command} cannot be run; ${line}`, { cause });
  if (signal?.aborted) throw aborted(action, signal);
  const child = spawn(command, ["--", module], { stdio: ["ignore", "ignore", "pipe"] });
  let words = "";
  // There is none where no descriptor was left for it; the error follows.
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    words = (words + chunk).slice(-200);
  });
  await new Promise<void>((resolve, reject) => {
    const stop = (error: MetalError): void => {
      child.kill("SIGKILL");
      reject(error);
    };
    const timer = hostClock.after(timeout, () => {
      stop(new MetalError("TIMEOUT", `${action}: ${command} has not ended in ${timeout} ms`));
    });
    const abort = (): void => stop(aborted(action, signal));
    signal?.addEventListener("abort", abort, { once: true });
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", abort);
    };
    child.once("error", (cause) => {
      end();
      reject(absent(cause));
    });
    child.once("close", (status) => {
      end();
      if (status === 0) {
        resolve();
        return;
      }
      // What a child says by its status where it could not become the program.
      if (status === 127 && words === "") {
        reject(absent());
        return;
      }
      const said = words.trim() === "" ? `status ${status}` : printable(words.trim());
      reject(new MetalError("PERMISSION", `${action}: ${command} failed: ${said}; ${line}`));
    });
  });
}

function aborted(action: string, signal: AbortSignal | undefined): MetalError {
  return new MetalError("ABORTED", `${action}: the wait was aborted`, { cause: signal?.reason });
}
