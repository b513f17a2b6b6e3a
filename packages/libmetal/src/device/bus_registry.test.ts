import { type Bus, busRegistry, genericBus, type LogLevel, MetalError } from "@openamp/libmetal";
import { expect, test } from "vitest";

function bus(name: string): Bus {
  return genericBus({ name, devices: [{ name: "timer" }] });
}

test("a bus is found by its name, and its devices are opened through the registry", async () => {
  const buses = busRegistry();
  const platform = bus("platform");
  buses.register(platform);
  buses.register(bus("pci"));
  expect(buses.find("platform")).toBe(platform);
  expect(buses.list()).toEqual(["platform", "pci"]);
  using device = await buses.open("pci", "timer");
  expect([device.name, device.bus]).toEqual(["timer", "pci"]);
});

test("a second bus of one name is refused, and the first one stays", async () => {
  const buses = busRegistry();
  const first = bus("platform");
  buses.register(first);
  const refusal = { code: "EXISTS", message: expect.stringContaining('Register bus "platform"') };
  expect(() => buses.register(bus("platform"))).toThrow(expect.objectContaining(refusal));
  let made = 0;
  const second = () => {
    made++;
    return bus("platform");
  };
  await expect(buses.tryRegister("platform", second)).rejects.toMatchObject(refusal);
  expect(made).toBe(0);
  expect(buses.find("platform")).toBe(first);
});

test("a bus is taken out, and its open devices stay open", async () => {
  const buses = busRegistry();
  buses.register(bus("platform"));
  using device = await buses.open("platform", "timer");
  buses.unregister("platform");
  expect([device.closed, buses.list()]).toEqual([false, []]);
  for (const action of [() => buses.unregister("platform"), () => buses.find("platform")]) {
    expect(action).toThrow(
      expect.objectContaining({
        code: "NOT_FOUND",
        message: 'Find bus "platform": there is none at all',
      }),
    );
  }
  buses.register(bus("platform"));
  expect(() => buses.find("pci")).toThrow('Find bus "pci": there is "platform"');
  await expect(buses.open("pci", "timer")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a bus that fails is reported, tells why when it is asked for, and stops nothing else", async () => {
  const lines: [number, string][] = [];
  const logger = { log: (level: LogLevel, line: string) => void lines.push([level, line]) };
  const buses = busRegistry({ logger });
  const failure = new MetalError("NOT_FOUND", "/sys/bus/pci is not there");
  expect(await buses.tryRegister("pci", () => Promise.reject(failure))).toBe(failure);
  expect(await buses.tryRegister("platform", () => bus("platform"))).toBeUndefined();

  expect(lines).toEqual([[4, "bus pci is left out: /sys/bus/pci is not there"]]);
  expect([buses.list(), [...buses.failures()]]).toEqual([["platform"], [["pci", failure]]]);
  expect(() => buses.find("pci")).toThrow(
    expect.objectContaining({
      code: "NOT_FOUND",
      message: 'Find bus "pci": /sys/bus/pci is not there',
      cause: failure,
    }),
  );
  using device = await buses.open("platform", "timer");
  expect(device.name).toBe("timer");

  buses.register(bus("pci"));
  expect([buses.find("pci").name, buses.failures().size]).toEqual(["pci", 0]);
});

test("two registries share nothing", () => {
  const [first, second] = [busRegistry(), busRegistry()];
  first.register(bus("platform"));
  second.register(bus("platform"));
  first.unregister("platform");
  expect([first.list(), second.list()]).toEqual([[], ["platform"]]);
});
