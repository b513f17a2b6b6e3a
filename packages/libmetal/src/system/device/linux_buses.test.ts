import type { LogLevel } from "@openamp/libmetal";
import { linuxBuses } from "@openamp/libmetal/system";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addDevice, addUio, type MadeUpTree, madeUpTree } from "../../../fixtures/made_up_tree.ts";

let tree: MadeUpTree;
beforeEach(() => void (tree = madeUpTree()));
afterEach(() => tree[Symbol.dispose]());

test("a bus that the kernel does not have is reported, and stops nothing else", async () => {
  const folder = addDevice(tree, { bus: "platform", name: "a.b", driver: "uio_pdrv_genirq" });
  addUio(tree, folder, "uio0");
  tree.write("/dev/uio0", "");
  const lines: string[] = [];
  const logger = { log: (level: LogLevel, line: string) => void lines.push(`${level} ${line}`) };
  const buses = await linuxBuses({ root: tree.root, logger });
  expect(buses.list()).toEqual(["generic", "platform"]);
  const reason =
    `Find the kernel's bus "pci": ${tree.path("/sys/bus/pci")} is not there: ` +
    "this kernel or machine has no such bus";
  expect(lines).toEqual([`4 bus pci is left out: ${reason}`]);
  await expect(buses.open("pci", "0000:00:04.0")).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: `Find bus "pci": ${reason}`,
  });
  using device = await buses.open("platform", "a.b");
  expect(device.name).toBe("a.b");
  // A driver that is missing stops nothing else either.
  addDevice(tree, { bus: "platform", name: "c.d" });
  tree.remove("/sys/bus/platform/drivers/uio_pdrv_genirq");
  await expect(buses.open("platform", "c.d")).rejects.toMatchObject({ code: "NOT_FOUND" });
  using again = await buses.open("platform", "a.b");
  expect([device.closed, again.closed]).toEqual([false, false]);
});

test("without any sysfs the generic bus is there, and others can be added", async () => {
  const buses = await linuxBuses({ root: tree.root });
  expect([buses.list(), [...buses.failures().keys()]]).toEqual([["generic"], ["platform", "pci"]]);
  const bus = buses.find("generic");
  expect(() => buses.register(bus)).toThrow(expect.objectContaining({ code: "EXISTS" }));
  buses.register({ ...bus, name: "platform" });
  expect([buses.list(), [...buses.failures().keys()]]).toEqual([["generic", "platform"], ["pci"]]);
});

test("the buses of this machine are what it has", async () => {
  const buses = await linuxBuses();
  expect(buses.list()).toContain("generic");
  for (const name of buses.list()) {
    expect(await buses.find(name).list()).toBeInstanceOf(Array);
  }
});
