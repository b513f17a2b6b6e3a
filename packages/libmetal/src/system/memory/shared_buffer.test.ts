import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { bufferMemory } from "@openamp/libmetal";
import { createSharedMemory, mapSharedFile, type MappedFile } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { ended, SYSTEM_URL, startProgram } from "../../../fixtures/runtime_program.ts";
import { LIMIT_MS } from "../../../fixtures/runtimes.ts";

const SIZE = 0x11000;

/** Sleeps on word 0 until it is woken, and answers in word 1. */
const SLEEPER = `
  import { parentPort, workerData } from "node:worker_threads";
  const { buffer, byteOffset, limit } = workerData;
  const words = new Int32Array(buffer, byteOffset);
  parentPort.postMessage("sleeps");
  const outcome = words[0] === 1 ? "ok" : Atomics.wait(words, 0, 0, limit);
  Atomics.add(words, 1, 1);
  parentPort.postMessage(outcome);
`;

/** A Worker that sleeps on the first word of a memory, and the next thing that it says. */
function sleeper({ memory }: MappedFile): { worker: Worker; said: () => Promise<unknown> } {
  const { buffer, byteOffset } = memory.mapping!;
  const url = new URL(`data:text/javascript,${encodeURIComponent(SLEEPER)}`);
  const worker = new Worker(url, { workerData: { buffer, byteOffset, limit: LIMIT_MS } });
  const queue: unknown[] = [];
  let wake: (() => void) | undefined;
  const hear = (message: unknown): void => {
    queue.push(message);
    wake?.();
  };
  worker.on("message", hear);
  worker.on("error", (error: unknown) => hear(String(error)));
  const said = async (): Promise<unknown> => {
    while (queue.length === 0) await new Promise<void>((resolve) => void (wake = resolve));
    return queue.shift();
  };
  return { worker, said };
}

/** How many memfds of this package are mapped here. */
function mappings(): number {
  return readFileSync("/proc/self/maps", "utf8").split("memfd:openamp").length - 1;
}

test("a mapping may be a SharedArrayBuffer, of which other mappings see the bytes", async () => {
  using ours = await createSharedMemory({ size: SIZE, sharedBuffer: true });
  using theirs = await mapSharedFile({ size: SIZE, path: ours.path });
  const { buffer, byteOffset } = ours.memory.mapping!;
  expect(buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(theirs.memory.mapping!.buffer).not.toBeInstanceOf(SharedArrayBuffer);
  expect(ours.memory.size).toBe(SIZE);
  ours.memory.write32(SIZE - 4, 42);
  expect(theirs.memory.read32(SIZE - 4)).toBe(42);
  // A second memory over the same buffer, as a Worker makes it.
  const again = bufferMemory({ name: "again", physicalAddress: 0, buffer, byteOffset });
  theirs.memory.write32(8, 7);
  expect(again.read32(8)).toBe(7);
});

test("Workers sleep and wake on it, and another process sees what they write", async () => {
  using shared = await createSharedMemory({ size: SIZE, sharedBuffer: true });
  const { buffer, byteOffset } = shared.memory.mapping!;
  const words = new Int32Array(buffer, byteOffset);
  const { worker, said } = sleeper(shared);
  try {
    expect(await said()).toBe("sleeps");
    // Stored by another process, and notified here: a notification does not leave its process.
    const program = `
      const { mapSharedFile } = await import(${JSON.stringify(SYSTEM_URL)});
      using theirs = await mapSharedFile({ size: ${SIZE}, path: ${JSON.stringify(shared.path)} });
      theirs.memory.write32(0, 1);
    `;
    expect(await ended(startProgram(program))).toMatchObject({ status: 0, complaint: "" });
    const end = performance.now() + LIMIT_MS;
    while (Atomics.load(words, 1) === 0 && performance.now() < end) {
      Atomics.notify(words, 0);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect([await said(), shared.memory.read32(4)]).toEqual(["ok", 1]);
  } finally {
    await worker.terminate();
  }
});

test("closed, it reads zeros in every Worker, and reaches nobody", async () => {
  const shared = await createSharedMemory({ size: SIZE, sharedBuffer: true });
  using theirs = await mapSharedFile({ size: SIZE, path: shared.path });
  const { buffer, byteOffset } = shared.memory.mapping!;
  const words = new Int32Array(buffer, byteOffset, SIZE / 4);
  const { worker, said } = sleeper(shared);
  try {
    expect(await said()).toBe("sleeps");
    theirs.memory.setBlock(16, 0xaa, SIZE - 16);
    shared.close();
    expect(words.every((word) => word === 0)).toBe(true);
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    // It may be asleep or not yet: both end with word 1 raised, in the zeros that are left.
    await said();
    expect([Atomics.load(words, 1), theirs.memory.read32(4)]).toEqual([1, 0]);
  } finally {
    await worker.terminate();
  }
});

test("a Worker that maps one and is ended leaves no page of it to the engine", async () => {
  const mapper = `
    import { parentPort } from "node:worker_threads";
    const { createSharedMemory } = await import(${JSON.stringify(SYSTEM_URL)});
    globalThis.kept = await createSharedMemory({ size: ${SIZE}, sharedBuffer: true });
    parentPort.postMessage(kept.path);
    setInterval(() => {}, 1000);
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(mapper)}`));
  const before = mappings();
  const path = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  expect([path, mappings()]).toEqual([expect.stringContaining("/proc/"), before + 1]);
  await worker.terminate();
  const end = performance.now() + LIMIT_MS;
  while (mappings() > before && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(mappings()).toBe(before);
});
