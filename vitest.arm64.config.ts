// The tests of libmetal's system layer as arm64 programs: `npm test -- --runtime arm64`.

import { defineConfig } from "vitest/config";
import { emulated, type EmulatedRuntime } from "./tools/arm64/pool.ts";
import { depth } from "./tools/counts.ts";

const runtimes: readonly EmulatedRuntime[] = ["bun", "deno", "node"];

const system = "packages/libmetal/src/system";

/** What differs between processors: numbers, layouts, calls of C, and words that are shared. */
const core = [
  "{ffi,libc,time}/**/*.test.ts",
  "memory/{atomic_loads,process_heap,shared_*,two_processes}.test.ts",
].map((files) => `${system}/${files}`);

/** V8 takes four times as long as Bun to start under an emulator: a short run has the rest on Bun only. */
function filesOf(runtime: EmulatedRuntime): string[] {
  return runtime === "bun" || depth === "long" ? [`${system}/**/*.test.ts`] : core;
}

export default defineConfig({
  test: {
    projects: runtimes.map((name) => ({
      test: {
        name,
        pool: emulated(name),
        include: filesOf(name),
        exclude: [
          "**/*.boot.test.ts",
          "**/*.soak.test.ts",
          // qemu-user chooses addresses by small pages, and the kernel then refuses huge ones.
          "**/huge_pages.test.ts",
          // It drops MSG_CTRUNC of recvmsg(2).
          "**/more_descriptors.test.ts",
          // It does nothing for MADV_POPULATE_READ, and calls that done.
          "**/read_only_holes.test.ts",
          // Bun refuses what these read: on arm64 its atomic loads write.
          ...(name === "bun" ? ["**/read_only_mapping.test.ts"] : []),
        ],
        // Deno and Node take up to ten seconds to start: a process runs one file after the other.
        isolate: name === "bun",
        maxWorkers: 2,
        testTimeout: 240_000,
        hookTimeout: 240_000,
      },
    })),
  },
});
