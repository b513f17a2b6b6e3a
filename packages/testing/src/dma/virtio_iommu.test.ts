import {
  bufferMemory,
  dmaContext,
  type DmaMapping,
  iommuDma,
  iommuDomain,
  type IommuFault,
  scatterList,
} from "@openamp/libmetal";
import { type ChainBuffer, SplitDeviceVirtqueue, SplitDriverVirtqueue } from "@openamp/virtio";
import { describe, expect, test } from "vitest";

import { rpmsgLoopback } from "../loopback/rpmsg_loopback.ts";
import { loopbackRing } from "../model/loopback_ring.ts";
import { seededRandom } from "../random/seeded_random.ts";

const PAGE = 4096;
const PAGES = 64;

/** Both sides of a queue whose buffers the device names by addresses of an IOMMU. */
function translated() {
  const loopback = loopbackRing({ size: 64 });
  const ddr = bufferMemory({
    name: "ddr",
    physicalAddress: 0x80000000,
    buffer: new ArrayBuffer(PAGES * PAGE),
  });
  const faults: IommuFault[] = [];
  const domain = iommuDomain({ name: "virtio0", onFault: (fault) => void faults.push(fault) });
  const dma = dmaContext({ name: "virtio0", iommu: iommuDma(domain) });
  const driver = new SplitDriverVirtqueue(loopback.over(loopback.driverWords));
  const device = new SplitDeviceVirtqueue(loopback.over(loopback.deviceWords), domain);
  return { ddr, domain, faults, dma, driver, device };
}

/** The descriptors of a mapping. */
function buffersOf(mapping: DmaMapping, deviceWritable: boolean): readonly ChainBuffer[] {
  return mapping.segments.map(({ address, length }) => ({ address, length, deviceWritable }));
}

/** The bytes that a device may read of the chain that it has taken, reversed into those it may write. */
function answer(device: SplitDeviceVirtqueue): number {
  const bytes: number[] = [];
  let written = 0;
  for (let segment = 0; segment < device.segments; segment++) {
    const words = device.words(segment);
    const offset = device.offset(segment);
    for (let at = 0; at < device.length(segment); at++) {
      if (!device.writable(segment)) bytes.unshift(words.get8(offset + at));
      else if (written < bytes.length) words.set8(offset + at, bytes[written++] ?? 0);
    }
  }
  return written;
}

describe("a split queue over translated addresses", () => {
  test("carries requests and answers, scattered over pages, and ends every address", () => {
    const { ddr, domain, faults, dma, driver, device } = translated();
    const random = seededRandom(1);
    for (let round = 0; round < 100; round++) {
      const length = random.between(1, 2 * PAGE);
      // The request lies in the lower half, in two pieces; the answer in the upper.
      const cut = random.below(length);
      const list = scatterList([
        { memory: ddr, offset: random.below(10 * PAGE), length: cut },
        { memory: ddr, offset: random.between(16 * PAGE, 26 * PAGE), length: length - cut },
      ]);
      const place = { memory: ddr, offset: random.between(32 * PAGE, 60 * PAGE), length };
      const sent = random.fillBytes(new Uint8Array(length));
      list.writeBlock(0, sent);
      const request = dma.map(list, "read");
      const reply = dma.map(scatterList([place]), "write");
      const chain = [...buffersOf(request, false), ...buffersOf(reply, true)];
      expect(driver.addChain(chain)).toBeGreaterThanOrEqual(0);
      driver.publish();
      const head = device.take();
      expect([head >= 0, device.readableLength, device.writableLength]).toEqual([
        true,
        length,
        length,
      ]);
      device.complete(head, answer(device));
      device.publish();
      expect([driver.takeUsed(), driver.usedLength]).toEqual([head, length]);
      reply.unmap();
      request.unmap();
      const received = new Uint8Array(length);
      reply.list.readBlock(0, received);
      expect(received).toEqual(sent.toReversed());
    }
    expect([domain.mapped, domain.faults, faults]).toEqual([0, 0, []]);
  });

  test("T12 an address that was unmapped is refused, though the device has just used it", () => {
    const { ddr, domain, dma, driver, device } = translated();
    const kept = dma.map(scatterList([{ memory: ddr, length: PAGE }]), "read");
    const gone = dma.map(scatterList([{ memory: ddr, offset: PAGE, length: PAGE }]), "read");
    const [address = 0] = gone.segments.map((segment) => segment.address);
    driver.addChain(buffersOf(gone, false));
    driver.addChain(buffersOf(kept, false));
    driver.publish();
    expect([device.take(), device.take()].every((head) => head >= 0)).toBe(true);
    device.complete(0, 0);
    device.publish();
    driver.takeUsed();
    gone.unmap();
    driver.add(address, 16, false);
    driver.publish();
    expect([device.take(), device.broken?.fault]).toEqual([-1, "ADDRESS"]);
    expect(domain.lastFault).toEqual({
      iova: address,
      length: 16,
      access: "read",
      reason: "unmapped",
    });
  });

  test("T12 a physical address is none of the device's", () => {
    const { ddr, dma, driver, device } = translated();
    dma.map(scatterList([{ memory: ddr }]), "read-write");
    driver.add(ddr.physicalAddress, 16, true);
    driver.publish();
    expect([device.take(), device.broken?.fault]).toEqual([-1, "ADDRESS"]);
  });

  test.each([
    ["read", true, "write"],
    ["write", false, "read"],
  ] as const)(
    "T17 what was mapped to %s is not offered for the contrary, also behind one that is",
    (access, deviceWritable, wanted) => {
      const { ddr, domain, dma, driver, device } = translated();
      const mapping = dma.map(scatterList([{ memory: ddr, length: PAGE }]), access);
      const [address = 0] = mapping.segments.map((segment) => segment.address);
      driver.addChain(buffersOf(mapping, access === "write"));
      driver.publish();
      const head = device.take();
      expect(head).toBeGreaterThanOrEqual(0);
      driver.add(address + 64, 16, deviceWritable);
      driver.publish();
      expect([device.take(), device.broken?.fault]).toEqual([-1, "ADDRESS"]);
      expect(domain.lastFault).toMatchObject({ access: wanted, reason: "protection" });
    },
  );
});

describe("rpmsg over translated addresses", () => {
  test("carries messages both ways, and the remote reaches the buffers and nothing else", async () => {
    const domain = iommuDomain({ name: "remote", first: 0x40000000 });
    using loopback = await rpmsgLoopback({
      bus(memory, offset, size) {
        const { address } = iommuDma(domain).map({
          memory,
          offset,
          length: size,
          access: "read-write",
        });
        return { address, space: domain };
      },
    });
    const { host, remote, vdev } = loopback;
    expect(vdev.buffers.address).toBe(0x40000000);
    const received: number[] = [];
    const echo = remote.createEndpoint({
      address: 1030,
      destination: 1025,
      onMessage: (message) => void echo.trySend(message.bytes),
    });
    const endpoint = host.createEndpoint({
      address: 1025,
      destination: 1030,
      onMessage: (message) => void received.push(message.length, message.bytes[0] ?? -1),
    });
    for (let round = 0; round < 1000; round++) {
      endpoint.trySend(new Uint8Array(1 + (round % host.maxPayload)).fill(round));
    }
    expect(received).toHaveLength(2000);
    expect(received.slice(-2)).toEqual([1 + (999 % host.maxPayload), 999 & 0xff]);
    expect([domain.faults, domain.mapped]).toEqual([0, vdev.buffers.size]);
    expect(domain.resolve(loopback.memory.physicalAddress, 4)).toBeUndefined();
  });
});
