import { createSharedMemory, openProcessHeap } from "@openamp/libmetal/system";
import { expect, test } from "vitest";
import { count } from "../../../../../tools/counts.ts";
import { useHeap } from "../../../fixtures/heap_user.ts";
import { ended, runtimes, startProgram, SYSTEM_URL } from "../../../fixtures/runtime_program.ts";

const SIZE = 0x20000;
const USER_URL = new URL("../../../fixtures/heap_user.ts", import.meta.url).href;
const LIMIT_MS = 3_600_000;
/** Milliseconds for which a user lives at the most. */
const LIFE_MS = 20;

test(
  "users that are killed by SIGKILL at any moment leave a heap that works, and blocks to reclaim",
  { timeout: LIMIT_MS },
  async () => {
    const kills = count("users of a heap that are killed");
    using shared = await createSharedMemory({ size: SIZE });
    const { memory } = shared;
    const heap = await openProcessHeap(memory);
    const ours = [10, 500, 3000].map((size) => {
      const offset = heap.allocate(size);
      memory.setBlock(offset, size & 0xff, size);
      return { offset, size };
    });
    const program = `
      const { mapSharedFile, openProcessHeap } = await import(${JSON.stringify(SYSTEM_URL)});
      const { useHeap } = await import(${JSON.stringify(USER_URL)});
      const place = { path: ${JSON.stringify(shared.path)}, size: ${SIZE} };
      const shared = await mapSharedFile(place);
      const heap = await openProcessHeap(shared.memory);
      console.log("begins");
      for (let mark = 1; ; mark++) useHeap(heap, shared.memory, 100_000, mark * 0x1000000);
    `;
    // So many, and more where none died in the middle of a call, which is unlikely.
    let killed = 0;
    for (; killed < kills || (heap.statistics().repairs === 0 && killed < 20 * kills); killed++) {
      const runtime = runtimes[killed % runtimes.length] ?? "bun";
      const child = startProgram(program, { runtime });
      const outcome = ended(child);
      await new Promise((resolve) => {
        child.stdout?.once("data", resolve);
        child.once("exit", resolve);
      });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LIFE_MS));
      // Both at once, so that the lock is fought for when its owner dies.
      useHeap(heap, memory, 200, 0x66000000);
      child.kill("SIGKILL");
      useHeap(heap, memory, 200, 0x77000000);
      expect(await outcome).toMatchObject({ signal: "SIGKILL", complaint: "" });

      const left = heap.blocks(child.pid);
      expect(heap.reclaim(child.pid ?? 0)).toBe(left.length);
      expect(heap.blocks().map(({ offset }) => offset)).toEqual(ours.map(({ offset }) => offset));
      for (const { offset, size } of ours) {
        const bytes = memory.words.view(offset, size);
        expect(bytes.every((byte) => byte === (size & 0xff))).toBe(true);
      }
    }
    for (const { offset } of ours) heap.free(offset);
    const { repairs, ...statistics } = heap.statistics();
    expect(statistics).toMatchObject({ liveBytes: 0, liveBlocks: 0, freeBlocks: 1 });
    expect(repairs).toBeGreaterThan(0);
  },
);
