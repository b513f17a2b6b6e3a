// The pure core's tests on a page in headless Chromium: `npm test -- --runtime chromium`. Those of
// openamp are left out: they start processes and Workers of a runtime.

import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { depth } from "./tools/counts.ts";
import { chromium } from "./tools/browser/require_chromium.ts";

export default defineConfig({
  server: {
    // What isolates a page from other origins, and gives it SharedArrayBuffer.
    headers: {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    },
  },
  resolve: {
    alias: {
      "node:fs/promises": standIn("fs_promises"),
      "node:process": standIn("process"),
      "node:timers/promises": standIn("timers_promises"),
    },
  },
  // Found while tests run, they would load the page anew.
  optimizeDeps: { include: ["fast-check"] },
  test: {
    include: ["packages/{libmetal,virtio,rpmsg,remoteproc}/src/**/*.test.ts"],
    exclude: ["packages/libmetal/src/system/**", "**/*.soak.test.ts"],
    env: { OPENAMP_TEST_DEPTH: depth },
    globalSetup: "tools/browser/require_chromium.ts",
    setupFiles: "tools/browser/page.ts",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: chromium,
          args: [
            // Chromium has no sandbox for root, and these pages are our own.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
          ],
        },
      }),
      instances: [{ browser: "chromium" }],
    },
  },
});

function standIn(name: string): string {
  return fileURLToPath(new URL(`./tools/browser/${name}.ts`, import.meta.url));
}
