import { expect, test } from "vitest";
import { startWorker } from "../../fixtures/portable_worker.ts";
import { requireLittleEndian } from "./byte_order.ts";

const REFUSAL =
  "Load @openamp/libmetal: this host is big-endian, and the words of shared memory are little-endian";

test("a host whose words begin with their low byte is taken, another is refused", () => {
  requireLittleEndian(Uint8Array.of(1, 0));
  expect(() => requireLittleEndian(Uint8Array.of(0, 1))).toThrow(
    expect.objectContaining({ name: "MetalError", code: "UNSUPPORTED", message: REFUSAL }),
  );
});

test("the package does not load on a big-endian host", async () => {
  using worker = startWorker(new URL("../../fixtures/big_endian_host.ts", import.meta.url));
  await expect(worker.receive()).rejects.toThrow(REFUSAL);
});
