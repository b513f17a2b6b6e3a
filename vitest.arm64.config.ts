// The tests of libmetal's system layer as arm64 programs: `npm test -- --runtime arm64`.

import { defineConfig } from "vitest/config";
import { emulated, type EmulatedRuntime } from "./tools/arm64/pool.ts";

const runtimes: readonly EmulatedRuntime[] = ["bun", "deno", "node"];

export default defineConfig({
  test: {
    projects: runtimes.map((name) => ({
      test: {
        name,
        pool: emulated(name),
        include: ["packages/libmetal/src/system/**/*.test.ts"],
        exclude: [
          "**/*.boot.test.ts",
          "**/*.soak.test.ts",
          // qemu-user chooses addresses by small pages, and the kernel then refuses huge ones.
          "**/huge_pages.test.ts",
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
