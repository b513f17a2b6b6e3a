import { type Device, interruptSource, MetalError, openedDevices } from "@openamp/libmetal";
import { expect, test } from "vitest";

test("openings are counted: made once, given back once, by the last one that closes", async () => {
  const devices = openedDevices("simulated");
  let made = 0;
  let released = 0;
  const make = async () => {
    made++;
    await Promise.resolve();
    return { release: () => void released++ };
  };
  const [first, second] = await Promise.all([
    devices.open("uart", make),
    devices.open("uart", make),
  ]);
  const third = await devices.open("uart", make);
  expect([made, devices.openings("uart")]).toEqual([1, 3]);
  expect(first).not.toBe(second);
  for (const device of [first, first, second]) device.close();
  expect([devices.openings("uart"), released, third.closed]).toEqual([1, 0, false]);
  third[Symbol.dispose]();
  third.close();
  expect([devices.openings("uart"), released]).toEqual([0, 1]);
  (await devices.open("uart", make)).close();
  expect([made, released]).toEqual([2, 2]);
});

const uses: readonly [string, (device: Device) => unknown][] = [
  ["regions", (device) => device.regions],
  ["interrupts", (device) => device.interrupts],
  ["properties", (device) => device.properties],
  ["dma", (device) => device.dma],
  ["region", (device) => device.region(0)],
  ["memory", (device) => device.memory(0)],
  ["interrupt", (device) => device.interrupt()],
  ["reset", (device) => device.reset()],
];

test.each(uses)("use after close is CLOSED: %s", async (_, use) => {
  const devices = openedDevices("simulated");
  const device = await devices.open("uart", () => ({}));
  using _other = await devices.open("uart", () => ({}));
  device.close();
  expect([device.name, device.bus, device.closed]).toEqual(["uart", "simulated", true]);
  expect(() => use(device)).toThrow(
    expect.objectContaining({
      code: "CLOSED",
      message: expect.stringMatching(/device "uart" of bus "simulated": it was closed before$/),
    }),
  );
});

test("what listens through an opening ends with it, and its interrupts are CLOSED", async () => {
  const devices = openedDevices("simulated");
  const calls: string[] = [];
  const { interrupt, raise } = interruptSource({
    name: "irq",
    enable: () => calls.push("enable"),
    disable: () => calls.push("disable"),
    acknowledge: () => calls.push("acknowledge"),
  });
  const [ours, theirs] = [
    await devices.open("uart", () => ({ interrupts: [interrupt] })),
    await devices.open("uart", () => ({})),
  ];
  const kept = ours.interrupt("irq");
  kept.listen((events) => calls.push(`ours ${events}`));
  const ended = kept.listen(() => calls.push("never"));
  theirs.interrupt().listen((events) => calls.push(`theirs ${events}`));
  ended[Symbol.dispose]();
  ended[Symbol.dispose]();
  kept.enable();
  raise(1);
  kept.acknowledge();
  kept.disable();
  ours.close();
  raise(2);
  expect(calls).toEqual(["enable", "ours 1", "theirs 1", "acknowledge", "disable", "theirs 2"]);
  expect([kept.name, kept.count]).toEqual(["irq", 3]);
  for (const use of [
    () => kept.listen(() => {}),
    () => kept.enable(),
    () => kept.disable(),
    () => kept.acknowledge(),
  ]) {
    expect(use).toThrow(expect.objectContaining({ code: "CLOSED" }));
  }
  theirs.close();
});

test("a failed opening leaves the device closed, and the next one tries anew", async () => {
  const devices = openedDevices("simulated");
  const failure = new MetalError("PERMISSION", "not for you");
  await expect(devices.open("uart", () => Promise.reject(failure))).rejects.toBe(failure);
  expect(devices.openings("uart")).toBe(0);
  using device = await devices.open("uart", () => ({ driver: "second" }));
  expect(device.driver).toBe("second");
});

test("who waited for an opening that was aborted opens it himself", async () => {
  const devices = openedDevices("simulated");
  const abort = Promise.withResolvers<never>();
  const aborted = devices.open("uart", () => abort.promise);
  const patient = devices.open("uart", () => ({ driver: "ours" }));
  abort.reject(new MetalError("ABORTED", "not any more"));
  await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
  using device = await patient;
  expect([device.driver, devices.openings("uart")]).toEqual(["ours", 1]);
});

test("a handler that throws is logged, and harms nobody else", () => {
  const lines: string[] = [];
  const logger = { log: (_: number, line: string) => void lines.push(line) };
  const { interrupt, raise } = interruptSource({ name: "irq", logger });
  let heard = 0;
  interrupt.listen(() => {
    throw new Error("\u001b[2J");
  });
  interrupt.listen((events) => (heard += events));
  raise(4);
  expect([heard, interrupt.count, lines]).toEqual([
    4,
    4,
    ["interrupt irq: a handler has thrown: Error: \\x1b[2J"],
  ]);
});

test("an interrupt is raised whatever a handler throws, and whatever the log does then", () => {
  const lines: string[] = [];
  const logger = {
    log(_: number, line: string) {
      lines.push(line);
      throw new Error("the log is full");
    },
  };
  const { interrupt, raise } = interruptSource({ name: "irq", logger });
  interrupt.listen(() => {
    throw Object.create(null);
  });
  raise(1);
  raise(2);
  expect([interrupt.count, lines[1]]).toEqual([
    3,
    "interrupt irq: a handler has thrown: something without a text",
  ]);
});
