import { bufferMemory, genericBus, type IoRegion, type Memory } from "@openamp/libmetal";
import { expect, test } from "vitest";

function memory(name: string): Memory {
  return bufferMemory({ name, physicalAddress: 0xff310000, buffer: new SharedArrayBuffer(64) });
}

test("a static device is opened by name, with its regions by index and by name", async () => {
  const ipi = memory("ipi");
  const bus = genericBus({ devices: [{ name: "poll_dev", regions: [ipi, memory("message")] }] });
  expect([bus.name, await bus.list()]).toEqual(["generic", ["poll_dev"]]);
  using device = await bus.open("poll_dev");
  expect([device.name, device.bus, device.driver]).toEqual(["poll_dev", "generic", undefined]);
  expect([device.region(0), device.region("ipi"), device.memory("ipi")]).toEqual([ipi, ipi, ipi]);
  expect(device.regions.map(({ name }) => name)).toEqual(["ipi", "message"]);
  for (const which of [2, -1, 0.5, "IPI"]) {
    expect(() => device.region(which)).toThrow(
      expect.objectContaining({
        code: "NOT_FOUND",
        message: expect.stringContaining('it has 0 "ipi", 1 "message"'),
      }),
    );
  }
  expect(() => device.interrupt()).toThrow(
    'Find interrupt 0 of device "poll_dev" of bus "generic": it has none',
  );
  expect(() => device.reset()).toThrow(
    expect.objectContaining({
      code: "UNSUPPORTED",
      message: 'Reset device "poll_dev" of bus "generic": its bus cannot reset it',
    }),
  );
  expect([device.properties.names(), device.dma]).toEqual([[], undefined]);
});

test("a region that is not mapped is no memory", async () => {
  const { words: _words, mapping: _mapping, kind: _kind, ...config } = memory("config");
  const region: IoRegion = config;
  const bus = genericBus({ devices: [{ name: "card", regions: [region] }] });
  using device = await bus.open("card");
  expect(device.region("config")).toBe(region);
  expect(() => device.memory("config")).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
});

test("duplicate names are refused, at once and later", () => {
  const [first, second] = [{ name: "timer" }, { name: "timer" }];
  const refusal = expect.objectContaining({ code: "EXISTS" });
  expect(() => genericBus({ devices: [first, second] })).toThrow(refusal);
  const bus = genericBus();
  bus.register(first);
  expect(() => bus.register(second)).toThrow(refusal);
});

test("an unknown name is an error that names the known ones", async () => {
  const bus = genericBus({ devices: [{ name: "timer" }] });
  await expect(bus.open("tmier")).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: 'Open device "tmier" of bus "generic": it has "timer"',
  });
});

test("a device is taken out only while it is not open", async () => {
  const bus = genericBus({ devices: [{ name: "timer" }] });
  {
    using _device = await bus.open("timer");
    expect(() => bus.unregister("timer")).toThrow(
      expect.objectContaining({ code: "BUSY", message: expect.stringContaining("open 1 times") }),
    );
  }
  bus.unregister("timer");
  expect(() => bus.unregister("timer")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  await expect(bus.open("timer")).rejects.toMatchObject({ code: "NOT_FOUND" });
});
