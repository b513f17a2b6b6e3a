// Host and remote in two processes over mapped memory: `processes.ts one-way|round-trip PAYLOAD`.
// With a path behind these it is the remote, which runs once for each line of standard input.

import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createSharedMemory, mapSharedFile } from "@openamp/libmetal/system";
import { answer } from "./answer.ts";
import { PAIR_MEMORY, pairHost, pairRemote, pairTask } from "./pair.ts";

const [, , kind, payload, path] = process.argv;
const task = pairTask(kind, payload);

if (path === undefined) {
  const shared = await createSharedMemory(PAIR_MEMORY);
  const program = [...process.execArgv, fileURLToPath(import.meta.url)];
  const args = [...program, task.kind, String(task.payload), shared.path];
  const remote = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  remote.once("exit", (code) => {
    console.error(`the remote ended with status ${code}`);
    process.exit(1);
  });
  const wakeRemote = async (): Promise<void> => {
    remote.stdin.write("run\n");
    // Not before it answers: what is written may still be here, and the host is about to spin.
    await once(remote.stdout, "data");
  };
  await answer(await pairHost(shared.memory, task, wakeRemote));
  remote.removeAllListeners("exit");
  remote.kill("SIGKILL");
} else {
  const { memory } = await mapSharedFile({ ...PAIR_MEMORY, path });
  const spin = await pairRemote(memory, task);
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(line);
    spin();
  }
}
process.exit(0);
