import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openProcessor } from "@openamp/openamp";
import { mps2an385 } from "@openamp/platform-qemu";
import { seededRandom } from "@openamp/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImages } from "../tools/build_images.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "openamp-rebuilt-"));
  await buildImages(directory);
});
afterAll(() => rm(directory, { recursive: true }));

test("an echo.elf that was built by this machine's compiler echoes every length", async () => {
  const random = seededRandom(1);
  await using processor = await openProcessor(mps2an385());
  await processor.boot(join(directory, "echo.elf"));
  await using channel = await processor.channel("rpmsg-openamp-demo-channel");
  for (let length = 0; length <= channel.maxPayload; length++) {
    const payload = random.fillBytes(new Uint8Array(length));
    await channel.send(payload);
    expect(await channel.receive()).toEqual(payload);
  }
  expect(channel.maxPayload).toBe(496);
});
