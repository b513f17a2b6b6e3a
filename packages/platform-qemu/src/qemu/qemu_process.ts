import { spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { printable } from "@openamp/libmetal";
import { QemuError } from "../error.ts";
import { deferred } from "../host/deferred.ts";
import { atHostExit } from "../host/host_exit.ts";

/** Characters of QEMU's error output that are kept: its last words, with the registers of a crash. */
const keptErrors = 8192;

/** What {@linkcode spawnQemu} needs. */
export interface SpawnOptions {
  /** The command line. */
  readonly words: readonly [string, ...string[]];
  /** The whole environment of QEMU. */
  readonly environment: Readonly<Record<string, string>>;
  /** Gets what QEMU writes to its standard output. */
  readonly onOutput: (chunk: Uint8Array) => void;
}

/** How a QEMU process ended. */
export interface QemuExit {
  /** `status 1` or `signal SIGABRT`. */
  readonly how: string;
  /** The line in which QEMU says why; empty where it said nothing. */
  readonly words: string;
}

/** A running QEMU. */
export interface QemuProcess {
  /** Its process id. */
  readonly pid: number;
  /** QEMU has the other end of this socket as file descriptor 3. */
  readonly monitor: Socket;
  /** QEMU has the other end of this socket as file descriptor 4. */
  readonly doorbell: Socket;
  /** Resolves when the process is gone and all that it sent was read. Never rejects. */
  readonly exited: Promise<QemuExit>;
  /** Ends it by SIGKILL; harmless when it is gone. `exited` tells when it has taken effect. */
  kill(): void;
}

/**
 * Runs QEMU, and ends it when this program ends.
 *
 * QEMU inherits its sockets, so that no name of a socket exists that another program could take or
 * that could be left behind. It runs in a session of its own: Ctrl-C in a terminal goes to every
 * process of the terminal's session, and it is for this program to say what then becomes of QEMU.
 *
 * @param options What to run.
 * @returns The running process.
 * @throws {QemuError} `SYSTEM` where the operating system refuses.
 */
export async function spawnQemu(options: SpawnOptions): Promise<QemuProcess> {
  const { words, environment, onOutput } = options;
  const [executable, ...rest] = words;
  const child = spawn(executable, rest, {
    env: environment,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
  });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  const hook = atHostExit(kill);
  const exit = deferred<string>();
  child.on("close", (status, signal) => {
    exit.resolve(signal === null ? `status ${status}` : `signal ${signal}`);
  });
  try {
    await once(child, "spawn");
  } catch (cause) {
    hook[Symbol.dispose]();
    throw new QemuError("SYSTEM", `Run "${executable}": ${String(cause)}`, { cause });
  }
  // From here on a signal to a process that is gone, which is no harm.
  child.on("error", () => {});

  const { pid, stdout, stderr } = child;
  const [, , , monitor, doorbell] = child.stdio;
  if (
    pid === undefined ||
    stdout === null ||
    stderr === null ||
    !(monitor instanceof Socket) ||
    !(doorbell instanceof Socket)
  ) {
    kill();
    hook[Symbol.dispose]();
    throw new QemuError("SYSTEM", `Run "${executable}": this runtime makes no sockets for it`);
  }

  let errors = "";
  stdout.on("data", onOutput);
  stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors = (errors + chunk).slice(-keptErrors);
  });

  async function end(...sockets: readonly Socket[]): Promise<QemuExit> {
    const [how] = await Promise.all([exit.promise, ...sockets.map(closed)]);
    hook[Symbol.dispose]();
    return { how, words: lastWords(errors) };
  }

  return { pid, monitor, doorbell, exited: end(monitor, doorbell), kill };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}

/** QEMU prints the registers after the reason of a crash, and warnings at any time. */
function lastWords(errors: string): string {
  const lines = errors
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes(" warning: "));
  return printable(lines.findLast((line) => line.startsWith("qemu")) ?? lines.at(-1) ?? "");
}
