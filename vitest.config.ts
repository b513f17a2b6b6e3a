import { defineConfig } from "vitest/config";

const versions: Readonly<Record<string, string | undefined>> = process.versions;
/** The runtime that runs the suite; vitest itself only tells Node versions apart. */
const runtime = versions["bun"] ? "bun" : versions["deno"] ? "deno" : "node";

/** The machine that one test boots runs the Bun of this checkout, and is for x86-64. */
const foreign = process.arch === "x64" ? [] : ["**/real_kernel.boot.test.ts"];

export default defineConfig({
  test: {
    // Bun has no child process channel for forks; Deno's worker threads end a run with status 1.
    pool: runtime === "bun" ? "threads" : "forks",
    // Threads are one process, and some tests look at what their process has left open.
    fileParallelism: runtime !== "bun",
    include: ["packages/*/src/**/*.test.ts", ...(runtime === "bun" ? ["tools/**/*.test.ts"] : [])],
    // A boot or a soak runs on one runtime; all other tests, a few boots among them, on all three.
    exclude: runtime === "bun" ? foreign : ["**/*.boot.test.ts", "**/*.soak.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
