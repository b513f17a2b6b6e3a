// The tests of libmetal's system layer as arm64 programs: `npm test -- --runtime arm64`.

import { defineConfig } from "vitest/config";
import { emulated, type EmulatedRuntime } from "./tools/arm64/pool.ts";
import { depth } from "./tools/counts.ts";

const runtimes: readonly EmulatedRuntime[] = ["bun", "deno", "node"];

const system = "packages/libmetal/src/system";

/** What differs between processors: numbers, layouts, calls, mappings, and sleeps on words. */
const core = ["ffi", "futex", "libc", "memory", "time"].map(
  (topic) => `${system}/${topic}/**/*.test.ts`,
);

/** V8 takes five times as long as Bun under an emulator: a short run has the rest on Bun only. */
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
          // Bun refuses what these read: on arm64 its atomic loads write.
          ...(name === "bun" ? ["**/read_only_mapping.test.ts"] : []),
        ],
        // Deno and Node take up to ten seconds to start: one process runs all files.
        isolate: name === "bun",
        maxWorkers: 1,
        testTimeout: 240_000,
        hookTimeout: 240_000,
      },
    })),
  },
});
