import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { repository } from "./workspace.ts";

/**
 * The flushes and invalidates in the sources of what runs over memory that is not coherent. For each,
 * a row of `maintenance.test.ts` of its package shows that a write is hidden or lost without it:
 * whoever adds one adds a row there, and counts it here.
 */
const calls: Readonly<Record<string, number>> = {
  "remoteproc/src/image/load_elf.ts": 1,
  "remoteproc/src/processor/resources.ts": 1,
  "remoteproc/src/transport/table_device_transport.ts": 3,
  "remoteproc/src/transport/table_driver_transport.ts": 6,
  "rpmsg/src/buffer/host_buffers.ts": 1,
  "rpmsg/src/receive/receiver.ts": 1,
  "rpmsg/src/transmit/transmitter.ts": 1,
  "virtio/src/ring/split_device_virtqueue.ts": 10,
  "virtio/src/ring/split_driver_virtqueue.ts": 11,
  "virtio/src/ring/split_ring.ts": 1,
};

test("each flush and invalidate of virtio, rpmsg and remoteproc is known to be needed", () => {
  const found: Record<string, number> = {};
  for (const folder of ["virtio", "rpmsg", "remoteproc"]) {
    const source = join(repository, "packages", folder, "src");
    for (const file of readdirSync(source, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
      const path = join(source, file);
      const made = readFileSync(path, "utf8").match(/\.(?:flush|invalidate)\(/gu);
      if (made !== null) found[relative(join(repository, "packages"), path)] = made.length;
    }
  }
  expect(found).toEqual(calls);
});
