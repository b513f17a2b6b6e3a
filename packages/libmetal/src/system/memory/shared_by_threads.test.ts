import { openSharedMemory, unlinkSharedMemory } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { startWorker } from "../../../fixtures/portable_worker.ts";
import { EMULATED } from "../../../fixtures/runtimes.ts";
import type { SharedMemoryWork } from "../../../fixtures/shared_memory_worker.ts";

const MODULE = new URL("../../../fixtures/shared_memory_worker.ts", import.meta.url);
const THREADS = 10;
/** Upstream's 1 MiB, of which every offset is looked at; that takes too long where it is emulated. */
const SIZE = EMULATED ? 0x10000 : 0x100000;

test("upstream's list: ten threads open one name, and every offset goes round", async () => {
  const name = `/libmetal-${crypto.randomUUID()}`;
  using stack = new DisposableStack();
  const workers = Array.from({ length: THREADS }, () => stack.use(startWorker(MODULE)));
  try {
    for (const [index, worker] of workers.entries()) {
      worker.post({ name, size: SIZE, workers: THREADS, number: index } satisfies SharedMemoryWork);
    }
    const wrong = await Promise.all(workers.map(async (worker) => worker.receive()));
    expect(wrong).toEqual(workers.map(() => 0));
    using shared = await openSharedMemory({ name, size: SIZE });
    const numbers = workers.map((_, index) => shared.memory.read32(4 * index));
    expect(numbers).toEqual(workers.map((_, index) => index + 1));
  } finally {
    await unlinkSharedMemory(name);
  }
});
