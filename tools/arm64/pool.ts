import { spawn, type ChildProcess } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { PoolRunnerInitializer, PoolWorker } from "vitest/node";
import { repository } from "../workspace.ts";
import { channelOver, type Channel } from "./channel.ts";

/** Programs that start the arm64 builds of the runtimes and of gcc under an emulator. */
const launchers = join(repository, "tools/arm64/bin");
const packages = join(repository, "node_modules/.runtimes/arm64/node_modules");

const flags = { bun: [], deno: ["run", "--allow-all", "--no-check"], node: [] } as const;

/** A runtime whose arm64 build can run tests. */
export type EmulatedRuntime = keyof typeof flags;

/** What a test's process finds in place of this machine's own programs, as do those it starts. */
const environment = {
  PATH: `${launchers}:${process.env["PATH"]}`,
  OPENAMP_RUNTIMES: launchers,
  OPENAMP_EMULATED: "arm64",
  // Where koffi finds its arm64 build.
  NODE_PATH: packages,
  // Node takes longer to strip types than to do all else.
  NODE_COMPILE_CACHE: join(repository, ".cache/arm64"),
};

/**
 * A pool of vitest whose tests run in the arm64 build of a runtime, under qemu-user.
 *
 * Only they are emulated: vitest itself, and what turns TypeScript into JavaScript, runs on this
 * machine's processor.
 */
export function emulated(runtime: EmulatedRuntime): PoolRunnerInitializer {
  const name = `arm64-${runtime}`;
  return { name, createPoolWorker: ({ env }) => emulatedWorker(name, runtime, env) };
}

function emulatedWorker(
  name: string,
  runtime: EmulatedRuntime,
  env: Readonly<Partial<NodeJS.ProcessEnv>>,
): PoolWorker {
  const events = new EventEmitter();
  let child: ChildProcess | undefined;
  let socket: Socket | undefined;
  let channel: Channel | undefined;
  return {
    name,
    cacheFs: true,
    on: (event, listener) => void events.on(event, listener),
    off: (event, listener) => void events.off(event, listener),
    send: (message) => channel?.send(message),
    deserialize: (message) => message,
    async start() {
      [child, socket] = await startRuntime(runtime, { ...process.env, ...env, ...environment });
      child.on("exit", (status, signal) => events.emit("exit", status, signal));
      // A runtime that crashes takes its end away; the exit tells what there is to tell.
      socket.on("error", () => {});
      channel = channelOver(socket);
      channel.onMessage((message) => events.emit("message", message));
    },
    async stop() {
      events.removeAllListeners();
      socket?.destroy();
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
    canReuse: () => true,
  };
}

/** Starts a runtime, which calls back on a socket. Nothing of that is in a folder afterwards. */
async function startRuntime(
  runtime: EmulatedRuntime,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<[ChildProcess, Socket]> {
  const folder = mkdtempSync(join(tmpdir(), "openamp-arm64-"));
  const path = join(folder, "socket");
  const server = createServer().listen(path);
  try {
    const program = [...flags[runtime], join(repository, "tools/arm64/main.ts"), path];
    const stdio = ["ignore", "inherit", "inherit"] as const;
    const child = spawn(join(launchers, runtime), program, { env, stdio: [...stdio] });
    const early = once(child, "exit").then(([status, signal]) => {
      throw new Error(`The arm64 build of ${runtime} ended with ${status ?? signal} at its start`);
    });
    const [socket] = (await Promise.race([once(server, "connection"), early])) as [Socket];
    return [child, socket];
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}
