import { pid } from "node:process";
import { type AttackOnDevice, attacksOnDevice, rawSplitRing, seededRandom } from "@openamp/testing";
import { VIRTIO_CONFIG_S_DRIVER_OK, VIRTQ_DESC_F_WRITE } from "@openamp/virtio/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noQemuOf } from "../fixtures/processes.ts";
import { echoOf, runEcho, type RunningEcho } from "../fixtures/running_echo.ts";
import { mps2An385MemoryMap } from "./memory_map.ts";

const random = seededRandom(1);

/** The last bytes of the memory, which the pool has not given to anybody. */
const end = mps2An385MemoryMap.psram.address + mps2An385MemoryMap.psram.size;
const buffer = { address: end - 64, length: 64 };

let echo: RunningEcho;
beforeAll(async () => {
  echo = await runEcho();
});
afterAll(async () => {
  await echo[Symbol.asyncDispose]();
  await noQemuOf(pid);
});

/** Hands two empty rings to the firmware, without name service, so that it has nothing to say. */
async function offerRings(): Promise<void> {
  const { transport } = echo.vdev;
  const online = echo.nextLine(/rpmsg host is online/);
  await transport.setFeatures(0n);
  await transport.createQueue(0);
  await transport.createQueue(1);
  await transport.setStatus(VIRTIO_CONFIG_S_DRIVER_OK);
  transport.notify(0);
  await online;
}

/** After a reset the firmware serves an honest host as if nothing had been. */
async function expectRecovery(): Promise<void> {
  await echo.reset();
  const payload = random.fillBytes(new Uint8Array(496));
  using host = await echo.openHost();
  expect(await echoOf(host, payload)).toEqual(payload);
  await echo.reset();
  expect(echo.remoteproc.state).toBe("running");
}

/** Attacks that no ring of the firmware's survives: it takes one descriptor a message. */
const fatal = ["T01", "T02", "T03", "T12", "T14", "T15"] as const satisfies AttackOnDevice[];

describe.each(fatal)("%s on the firmware's receive ring", (number) => {
  test.each(attacksOnDevice[number].ways)(
    `${number} $name: the ring is broken, the firmware is not`,
    async (way) => {
      await offerRings();
      const peer = { ring: rawSplitRing(echo.ring(1)), buffer, random };
      expect(way.possible?.(peer) ?? true).toBe(true);
      const broken = echo.nextLine(/virtio: vring\d broken/);
      for (const step of way.steps) {
        step(peer);
        echo.vdev.transport.notify(1);
      }
      expect(await broken).toMatch(/^virtio: vring1 broken: /);
      expect(peer.ring.usedIndex).toBe(0);
      await expectRecovery();
    },
  );
});

test("T12 the firmware writes no message over its own image", async () => {
  const { psram } = mps2An385MemoryMap;
  const memory = echo.space.resolve(psram.address, 4096)!.memory;
  const imageBytes = (): Uint8Array => {
    const bytes = new Uint8Array(4096);
    memory.readBlock(0, bytes);
    return bytes;
  };
  await offerRings();
  const before = imageBytes();
  const transmit = rawSplitRing(echo.ring(0));
  transmit.setDescriptor(0, { address: psram.address, length: 512, flags: VIRTQ_DESC_F_WRITE });
  transmit.offer(0);
  const receive = rawSplitRing(echo.ring(1));
  // A header for the echo service's address, and no payload.
  const place = echo.space.resolve(buffer.address, 16)!;
  place.words.fill(buffer.address - place.bias, 0, 16);
  place.words.set32(buffer.address - place.bias, 1);
  place.words.set32(buffer.address - place.bias + 4, 1024);
  receive.setDescriptor(0, { address: buffer.address, length: 16 });
  receive.offer(0);
  const broken = echo.nextLine(/virtio: vring\d broken/);
  echo.vdev.transport.notify(1);
  expect(await broken).toBe("virtio: vring0 broken: descriptor 0 leads outside the memory");
  expect(imageBytes()).toEqual(before);
  await expectRecovery();
});
