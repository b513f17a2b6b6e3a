import { coherentModel, type MemoryModel, memoryModels } from "@openamp/testing";
import { describe, expect, test } from "vitest";

import { BUS, fakeDriver, MEMORY, MEMORY_SIZE, POOL } from "../../fixtures/fake_driver.ts";
import { buildResourceTable, type ResourceRequest } from "../resource/build.ts";
import { parseResourceTable } from "../resource/parse.ts";
import { createRemoteproc, type Remoteproc } from "./remoteproc.ts";

const firmware = { name: "echo.elf", source: new Uint8Array(0) };
const vring = { num: 16, align: 4096 };
const vdev = { type: "vdev", id: 7, dfeatures: 1, vrings: [vring, vring] } as const;

async function load(requests: readonly ResourceRequest[], model: MemoryModel = coherentModel) {
  const table = buildResourceTable(requests);
  const sided = model.open(MEMORY_SIZE, MEMORY);
  const driver = fakeDriver({ table, memory: sided.host });
  const processor = createRemoteproc(driver);
  await processor.load(firmware);
  const live = (): ReturnType<typeof parseResourceTable>["entries"] => {
    const bytes = new Uint8Array(table.length);
    sided.memory.readBlock(0, bytes);
    return parseResourceTable(bytes).entries;
  };
  return { driver, processor, live, check: () => sided.check() };
}

function places({ resources }: Remoteproc): Readonly<Record<string, number>> {
  return Object.fromEntries(resources.carveouts.map(({ name, da }) => [name, da - POOL]));
}

describe.each(memoryModels)("what a table asks for, over $name", (model) => {
  test("rings come from the pool, a page each, and buffers after them, once", async () => {
    const { processor } = await load([vdev], model);
    const [device] = processor.resources.vdevs;
    expect([device?.name, device?.deviceId]).toEqual(["virtio0", 7]);
    const buffers = device?.buffers(4096);
    expect(buffers).toMatchObject({ name: "vdev0buffer", size: 4096, bus: POOL + 0x4000 + BUS });
    expect(device?.buffers(1 << 20)).toBe(buffers);
    expect(places(processor)).toEqual({ vdev0vring0: 0, vdev0vring1: 0x2000, vdev0buffer: 0x4000 });
  });

  test("buffers get what is left where the pool has less than was asked for", async () => {
    const { processor } = await load([vdev], model);
    const left = 192 * 1024 - 0x4000;
    expect(processor.resources.vdevs[0]?.buffers(1 << 20).size).toBe(left);
  });

  test("a pool with no room for a ring is told of, with the ring's name", async () => {
    const large = { num: 32768, align: 4096 };
    const loading = load([{ ...vdev, vrings: [large, large] }]);
    await expect(loading).rejects.toMatchObject({
      code: "MEMORY_FULL",
      message: expect.stringContaining("Place vdev0vring0, "),
    });
  });

  test("notify ids are written into the live table when the device is set up", async () => {
    const { processor, live } = await load([vdev, { ...vdev, notifyid: 0 }], model);
    for (const { transport } of processor.resources.vdevs) {
      await transport.setFeatures(1n);
      await transport.createQueue(0);
      await transport.createQueue(1);
    }
    const ids = live().flatMap((entry) =>
      entry.type === "vdev" ? [[...entry.vrings.map((ring) => ring.notifyid), entry.notifyid]] : [],
    );
    expect(ids).toEqual([
      [1, 2, 3],
      [4, 5, 0],
    ]);
    expect(new Set(ids.flat()).size).toBe(6);
  });

  test("a carveout without an address gets one, in the live table too", async () => {
    const { live } = await load([{ type: "carveout", name: "heap", len: 0x1800 }], model);
    expect(live()[0]).toMatchObject({ type: "carveout", da: POOL, pa: POOL, len: 0x1800 });
  });

  test("carveouts with the names of rings and buffers are used for them", async () => {
    const buffer = {
      type: "carveout",
      name: "vdev0buffer",
      len: 0x2000,
      da: MEMORY + 0x8000,
    } as const;
    const { processor, live } = await load(
      [
        { type: "carveout", name: "vdev0vring0", len: 0x2000, da: MEMORY + 0x4000 },
        { type: "carveout", name: "vdev0vring1", len: 0x2000 },
        buffer,
        vdev,
      ],
      model,
    );
    const [device] = processor.resources.vdevs;
    expect(device?.buffers(1 << 20)).toMatchObject({
      da: MEMORY + 0x8000,
      bus: MEMORY + 0x8000 + BUS,
      size: 0x2000,
    });
    await device?.transport.createQueue(0);
    await device?.transport.createQueue(1);
    expect(live()[3]).toMatchObject({ vrings: [{ da: MEMORY + 0x4000 }, { da: POOL }] });
  });

  test("a named carveout that is too small for its ring is not", async () => {
    const { processor } = await load([{ type: "carveout", name: "vdev0vring0", len: 64 }, vdev]);
    const rings = processor.resources.carveouts.filter(({ name }) => name === "vdev0vring0");
    expect(rings.map(({ size }) => size > 4096)).toEqual([false, true]);
  });

  test("what the firmware placed in the pool is not handed out again", async () => {
    const { processor } = await load([
      { ...vdev, vrings: [vring, { ...vring, da: POOL }] },
      { type: "trace", name: "trace0", da: POOL + 0x2000, len: 0x1000 },
      { type: "carveout", name: "heap", da: POOL + 0x3000, len: 0x1000 },
    ]);
    expect(places(processor)).toEqual({ heap: 0x3000, vdev0vring0: 0x4000 });
  });

  test.each<ResourceRequest>([
    { type: "carveout", name: "heap", da: 0x40, len: 64 },
    { type: "trace", name: "trace0", da: MEMORY - 4, len: 64 },
    { ...vdev, vrings: [{ ...vring, da: 0x4000 }, vring] },
  ])("a fixed place outside the memory is refused: $type", async (request) => {
    await expect(load([request])).rejects.toMatchObject({
      code: "SEGMENT_OUTSIDE_MEMORY",
      message: expect.stringMatching(
        /^echo\.elf: entry 0 of its resource table \(\w+\) names \d+ bytes/,
      ),
    });
  });

  test("a table that is not where the image says is no table", async () => {
    const driver = fakeDriver();
    const odd = {
      ...driver,
      load: async () => ({
        name: "echo.elf",
        size: 1,
        entry: 0,
        resourceTable: { da: MEMORY + 2, size: 16 },
      }),
    };
    await expect(createRemoteproc(odd).load(firmware)).rejects.toMatchObject({
      code: "NO_RESOURCE_TABLE",
    });
  });

  test("a restart gives everything anew", async () => {
    const { processor } = await load([vdev], model);
    const first = processor.resources;
    first.vdevs[0]?.buffers(4096);
    await processor.start();
    await processor.stop();
    await processor.load(firmware);
    expect(processor.resources.vdevs[0]).not.toBe(first.vdevs[0]);
    expect(places(processor)).toEqual({ vdev0vring0: 0, vdev0vring1: 0x2000 });
    await processor.shutdown();
    expect(processor.resources).toEqual({ vdevs: [], traces: [], carveouts: [] });
  });

  test("an image without a table gets nothing", async () => {
    const processor = createRemoteproc(fakeDriver());
    await processor.load(firmware);
    expect(processor.resources).toEqual({ vdevs: [], traces: [], carveouts: [] });
  });
});
