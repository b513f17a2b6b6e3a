// Host and remote in two threads over a SharedArrayBuffer: `workers.ts one-way|round-trip PAYLOAD`.

import { once } from "node:events";
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { bufferMemory } from "@openamp/libmetal";
import { answer } from "./answer.ts";
import { PAIR_MEMORY, pairHost, pairRemote, type PairTask, pairTask } from "./pair.ts";

/** What the Worker gets. */
interface RemoteData {
  readonly buffer: SharedArrayBuffer;
  readonly task: PairTask;
}

if (isMainThread) {
  const task = pairTask(process.argv[2], process.argv[3]);
  const buffer = new SharedArrayBuffer(PAIR_MEMORY.size);
  const data: RemoteData = { buffer, task };
  const worker = new Worker(new URL(import.meta.url), { workerData: data });
  worker.on("error", (error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  const wakeRemote = async (): Promise<void> => {
    worker.postMessage("run");
    // Not before it answers: a Worker that still starts may need this thread, which is about to spin.
    await once(worker, "message");
  };
  await answer(await pairHost(memoryOf(buffer), task, wakeRemote));
  process.exit(0);
}

const { buffer, task } = workerData as RemoteData;
const spin = await pairRemote(memoryOf(buffer), task);
parentPort?.on("message", () => {
  parentPort?.postMessage("awake");
  spin();
});

function memoryOf(shared: SharedArrayBuffer): ReturnType<typeof bufferMemory> {
  const { physicalAddress } = PAIR_MEMORY;
  return bufferMemory({ name: "bench", physicalAddress, buffer: shared });
}
