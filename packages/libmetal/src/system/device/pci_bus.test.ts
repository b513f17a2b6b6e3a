import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../../../fixtures/eventually.ts";
import { fakeUio } from "../../../fixtures/fake_uio.ts";
import {
  addDevice,
  addDriver,
  addUio,
  type MadeUpTree,
  madeUpTree,
  playKernel,
} from "../../../fixtures/made_up_tree.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { pciBusOver } from "./pci_bus.ts";

const CARD = "0000:00:04.0";
const GENERIC = "uio_pci_generic";
const NONE = "0x0000000000000000 0x0000000000000000 0x0000000000000000";

let tree: MadeUpTree;
let libc: Libc;
let page: number;
beforeEach(async () => {
  tree = madeUpTree();
  libc = await loadLibc();
  page = libc.sysconf(LINUX._SC_PAGESIZE);
});
afterEach(() => tree[Symbol.dispose]());

function line(start: number, size: number, flags: number): string {
  return [start, start + size - 1, flags]
    .map((each) => `0x${each.toString(16).padStart(16, "0")}`)
    .join(" ");
}

/** A card with registers, registers of less than a page, and ports. */
function addCard(driver: string | undefined = GENERIC): string {
  const folder = addDevice(tree, {
    bus: "pci",
    name: CARD,
    ...(driver === undefined ? {} : { driver }),
  });
  const config = new Uint8Array(256);
  // Vendor and device, and a command register whose interrupt pin is switched off.
  config.set([0x34, 0x12, 0xe8, 0x11, 0x03, 0x04]);
  tree.write(`${folder}/config`, config);
  const small = 0xfea00000 + page + 0x40;
  const resources = [
    line(0xfe000000, page, 0x40200),
    line(small, 0x20, 0x40200),
    NONE,
    line(0xc000, 0x10, 0x40101),
    line(0xfd000000, page, 0x40200),
    NONE,
    line(0xfc000000, page, 0x46200),
  ];
  tree.write(`${folder}/resource`, `${resources.join("\n")}\n`);
  tree.write(`${folder}/resource0`, new Uint8Array(page));
  tree.write(`${folder}/resource1`, new Uint8Array(page).fill(1, 0x40, 0x44));
  tree.write(
    `${folder}/resource3`,
    Uint8Array.from({ length: 16 }, (_, index) => index),
  );
  return folder;
}

/** A C library that does not open some file for writing. */
function refusing(base: Libc, file: string): Libc {
  let refused = false;
  return {
    ...base,
    errno() {
      const errno = refused ? LINUX.EACCES : base.errno();
      refused = false;
      return errno;
    },
    open(path, flags, mode) {
      const named = new TextDecoder().decode(path).endsWith(`/${file}\0`);
      refused = named && (flags & LINUX.O_RDWR) !== 0;
      return refused ? -1 : base.open(path, flags, mode);
    },
  };
}

describe("a PCI device over UIO", () => {
  test("has its registers, ports and configuration space", async () => {
    const folder = addCard();
    addUio(tree, folder, "uio0");
    const uio = fakeUio(libc, tree, 1);
    using device = await pciBusOver(async () => uio.libc, { root: tree.root }).open(CARD);
    expect([device.driver, device.regions.map(({ name }) => name)]).toEqual([
      GENERIC,
      ["bar0", "bar1", "bar3", "bar4", "config"],
    ]);

    device.memory("bar0").write32(8, 42);
    expect(readFileSync(tree.path(`${folder}/resource0`)).readUInt32LE(8)).toBe(42);

    const small = device.memory("bar1");
    expect([small.physicalAddress % page, small.size, small.read32(0)]).toEqual([
      0x40, 0x20, 0x01010101,
    ]);

    const ports = device.region("bar3");
    ports.write16(4, 0xbeef);
    expect([ports.physicalAddress, ports.read8(3), ports.read32(4)]).toEqual([
      0xc000, 3, 0x0706beef,
    ]);
    expect(() => device.memory("bar3")).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));

    expect(() => device.region("bar4").read32(0)).toThrow(
      expect.objectContaining({
        code: "UNSUPPORTED",
        message: expect.stringContaining(`no file "${tree.path(`${folder}/resource4`)}"`),
      }),
    );

    const config = device.region("config");
    expect([config.size, config.read16(0), config.read32(0)]).toEqual([256, 0x1234, 0x11e81234]);
    const head = new Uint8Array(6);
    config.readBlock(0, head);
    expect([...head]).toEqual([0x34, 0x12, 0xe8, 0x11, 0x03, 0x04]);
    expect(() => config.read32(254)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));

    device.close();
    for (const access of [() => config.read8(0), () => ports.read8(0), () => small.read8(0)]) {
      expect(access).toThrow(expect.objectContaining({ code: "CLOSED" }));
    }
  });

  test("has its interrupt pin switched in the command register, since its driver has no switch", async () => {
    const folder = addCard();
    addUio(tree, folder, "uio0");
    const uio = fakeUio(libc, tree, 1);
    uio.refuseOrders(LINUX.ENOSYS);
    using device = await pciBusOver(async () => uio.libc, { root: tree.root }).open(CARD);
    const config = device.region("config");
    const interrupt = device.interrupt();
    interrupt.enable();
    expect(config.read16(4)).toBe(0x0003);
    using _listening = interrupt.listen(() => {
      // The driver has switched it off.
      config.write16(4, 0x0403);
      interrupt.acknowledge();
    });
    uio.interrupt();
    await eventually(() => interrupt.count === 1, "an interrupt");
    expect(config.read16(4)).toBe(0x0003);
    interrupt.disable();
    expect([config.read16(4), uio.orders]).toEqual([0x0403, []]);
  });

  test("is taken from its driver, and bound", async () => {
    const folder = addCard("e1000");
    addDriver(tree, "pci", GENERIC);
    using kernel = playKernel(tree, "pci", ["e1000", GENERIC], () => addUio(tree, folder, "uio0"));
    const uio = fakeUio(libc, tree, 1);
    using device = await pciBusOver(async () => uio.libc, { root: tree.root }).open(CARD);
    expect([device.driver, kernel.orders]).toEqual([
      GENERIC,
      [`e1000/unbind ${CARD} ${GENERIC}`, `${GENERIC}/bind ${CARD} ${GENERIC}`],
    ]);
  });

  test.each([
    ["resource", "NOT_FOUND", 'resource" is not there'],
    ["config", "NOT_FOUND", 'config" is not there'],
  ])("without its file %s is refused, and nothing stays open", async (file, code, words) => {
    const folder = addCard();
    addUio(tree, folder, "uio0");
    tree.remove(`${folder}/${file}`);
    const uio = fakeUio(libc, tree, 1);
    const bus = pciBusOver(async () => uio.libc, { root: tree.root });
    await expect(bus.open(CARD)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
    expect(uio.open()).toBe(0);
    expect(readFileSync("/proc/self/maps", "utf8")).not.toContain(tree.root);
  });

  test("has its registers through the device file where the driver maps them", async () => {
    const folder = addCard();
    addUio(tree, folder, "uio0", [
      { addr: "0xfe000000", size: `0x${page.toString(16)}`, offset: "0x0", name: CARD },
      {
        addr: `0x${(0xfea00000 + page).toString(16)}`,
        size: `0x${page.toString(16)}`,
        offset: "0x40",
        name: CARD,
      },
    ]);
    const uio = fakeUio(libc, tree, 2);
    for (const file of ["resource0", "resource1"]) tree.remove(`${folder}/${file}`);
    using device = await pciBusOver(async () => uio.libc, { root: tree.root }).open(CARD);
    expect(device.regions.map(({ name }) => name)).toEqual([
      "bar0",
      "bar1",
      "bar3",
      "bar4",
      "config",
    ]);
    device.memory("bar0").write32(8, 42);
    device.memory("bar1").write32(0, 43);
    const bytes = readFileSync(tree.path("/dev/uio0.memory"));
    expect([bytes.readUInt32LE(8), bytes.readUInt32LE(page + 0x40)]).toEqual([42, 43]);
    expect(device.memory("bar1").size).toBe(0x20);
  });

  test("whose registers only root may map says which rule lets others", async () => {
    const folder = addCard();
    addUio(tree, folder, "uio0");
    const uio = fakeUio(libc, tree, 1);
    const bus = pciBusOver(async () => refusing(uio.libc, "resource0"), { root: tree.root });
    await expect(bus.open(CARD)).rejects.toMatchObject({
      code: "PERMISSION",
      message: expect.stringContaining(
        `SUBSYSTEM=="pci", KERNEL=="${CARD}", RUN+="/bin/chgrp users /sys%p/resource0"`,
      ),
    });
    expect(uio.open()).toBe(0);
  });

  test("whose configuration space only root may write is read, and says what its interrupt takes", async () => {
    const folder = addCard();
    addUio(tree, folder, "uio0");
    const uio = fakeUio(libc, tree, 1);
    const bus = pciBusOver(async () => refusing(uio.libc, "config"), { root: tree.root });
    using device = await bus.open(CARD);
    const config = device.region("config");
    expect(config.read16(0)).toBe(0x1234);
    expect(() => config.write16(4, 0)).toThrow(expect.objectContaining({ code: "READ_ONLY" }));
    expect(() => device.interrupt().enable()).toThrow(
      expect.objectContaining({
        code: "PERMISSION",
        message: expect.stringContaining('RUN+="/bin/chgrp users /sys%p/config"'),
      }),
    );
  });
});
