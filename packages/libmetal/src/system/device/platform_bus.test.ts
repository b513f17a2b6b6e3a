import { readFileSync } from "node:fs";
import { platformBus } from "@openamp/libmetal/system";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../../../fixtures/eventually.ts";
import { fakeUio, type FakeUioOptions } from "../../../fixtures/fake_uio.ts";
import {
  addDevice,
  addDriver,
  addUio,
  type MadeUpMap,
  type MadeUpTree,
  madeUpTree,
  playKernel,
} from "../../../fixtures/made_up_tree.ts";
import { type Libc, loadLibc } from "../libc/libc.ts";
import { LINUX } from "../libc/linux.ts";
import { platformBusOver } from "./platform_bus.ts";

const SLCR = "f8000000.slcr";
const GENIRQ = "uio_pdrv_genirq";
const DMEM = "uio_dmem_genirq";

let tree: MadeUpTree;
let libc: Libc;
let page: number;
beforeEach(async () => {
  tree = madeUpTree();
  libc = await loadLibc();
  page = libc.sysconf(LINUX._SC_PAGESIZE);
});
afterEach(() => tree[Symbol.dispose]());

/** The slcr of a Zynq, bound, with its registers. */
function addSlcr(maps: readonly MadeUpMap[] = [slcrMap()]): string {
  const folder = addDevice(tree, { bus: "platform", name: SLCR, driver: GENIRQ });
  return addUio(tree, folder, "uio0", maps);
}

function slcrMap(): MadeUpMap {
  return { addr: "0xf8000000", size: `0x${page.toString(16)}`, offset: "0x0", name: "slcr" };
}

/** An ordinary file as the memory of a device, so many pages long. */
function addMemory(pages: number, words: Readonly<Record<number, number>> = {}): void {
  const bytes = new Uint8Array(pages * page);
  const view = new DataView(bytes.buffer);
  for (const [offset, word] of Object.entries(words)) view.setUint32(Number(offset), word, true);
  tree.write("/dev/uio0", bytes);
}

describe("a platform device over UIO", () => {
  test("is opened, and a register of it is read (upstream: zynq device)", async () => {
    addSlcr();
    addMemory(1, { 0x530: 0x13722093 });
    const bus = platformBus({ root: tree.root });
    using device = await bus.open(SLCR);
    expect([device.name, device.bus, device.driver]).toEqual([SLCR, "platform", GENIRQ]);
    const slcr = device.memory(0);
    expect([slcr.name, slcr.kind, slcr.physicalAddress, slcr.size]).toEqual([
      "slcr",
      "device",
      0xf8000000,
      page,
    ]);
    expect(slcr.read32(0x530)).toBe(0x13722093);
    device.region("slcr").write32(8, 0xdf0d);
    expect(readFileSync(tree.path("/dev/uio0")).readUInt32LE(8)).toBe(0xdf0d);
    expect(device.interrupts).toEqual([]);
    expect(await bus.list()).toEqual([SLCR]);
  });

  test("has each map at its page, and the bytes before the first one skipped", async () => {
    const size = `0x${page.toString(16)}`;
    addSlcr([
      { addr: "0x40000000", size, name: "control" },
      { addr: "0x50000000", size, offset: "0x100", name: "" },
    ]);
    addMemory(2, { 0: 1, [page]: 2, [page + 0x100]: 3 });
    using device = await platformBus({ root: tree.root }).open(SLCR);
    const [control, second] = device.regions;
    expect([control?.name, control?.read32(0)]).toEqual(["control", 1]);
    expect([second?.name, second?.physicalAddress, second?.size, second?.read32(0)]).toEqual([
      "map1",
      0x50000100,
      page - 0x100,
      3,
    ]);
  });

  test("closed, is no region any more, and is closed by the last opening only", async () => {
    addSlcr();
    addMemory(1, { 0: 7 });
    const bus = platformBus({ root: tree.root });
    const [first, second] = [await bus.open(SLCR), await bus.open(SLCR)];
    const slcr = first.memory("slcr");
    const stale = slcr.words.view(0, page);
    first.close();
    expect([slcr.read32(0), second.memory("slcr")]).toEqual([7, slcr]);
    expect(readFileSync("/proc/self/maps", "utf8")).toContain(tree.path("/dev/uio0"));
    second.close();
    expect(() => slcr.read32(0)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect(stale.length).toBe(page);
    expect(readFileSync("/proc/self/maps", "utf8")).not.toContain(tree.path("/dev/uio0"));
    for (const use of [() => first.region(0), () => second.interrupts]) {
      expect(use).toThrow(expect.objectContaining({ code: "CLOSED" }));
    }
  });

  test("has memory that its driver takes only when the device file is opened", async () => {
    const folder = addDevice(tree, { bus: "platform", name: SLCR, driver: DMEM });
    const size = `0x${page.toString(16)}`;
    // What uio_dmem_genirq says as long as it has none.
    addUio(tree, folder, "uio0", [{ addr: "0xffffffffffffffff", size, name: "dma" }]);
    const onOpen = (): void => tree.write(`${folder}/uio/uio0/maps/map0/addr`, "0x10000000\n");
    const uio = fakeUio(libc, tree, 1, { onOpen });
    using device = await platformBusOver(async () => uio.libc, { root: tree.root }).open(SLCR);
    expect([device.driver, device.memory("dma").physicalAddress]).toEqual([DMEM, 0x10000000]);
  });

  test("has what cannot be mapped, being larger than 4 GiB, as a region that says so", async () => {
    addSlcr([slcrMap(), { addr: "0x800000000", size: "0x200000000", name: "frames" }]);
    addMemory(2, { 0: 7 });
    using device = await platformBus({ root: tree.root }).open(SLCR);
    const frames = device.region("frames");
    expect([device.memory("slcr").read32(0), frames.size]).toEqual([7, 2 ** 33]);
    expect(() => frames.read32(0)).toThrow(
      expect.objectContaining({
        code: "UNSUPPORTED",
        message: expect.stringContaining("no more than 4 GiB could be mapped"),
      }),
    );
  });

  test("tells of ports, and says that nobody reaches them", async () => {
    const folder = addSlcr([]);
    for (const [file, text] of Object.entries({
      name: "index",
      start: "0x70",
      size: "0x2",
      porttype: "port_x86",
    })) {
      tree.write(`${folder}/portio/port0/${file}`, `${text}\n`);
    }
    addMemory(1);
    using device = await platformBus({ root: tree.root }).open(SLCR);
    const ports = device.region("index");
    expect([ports.physicalAddress, ports.size]).toEqual([0x70, 2]);
    for (const access of [() => ports.read8(0), () => ports.write8(1, 0)]) {
      expect(access).toThrow(
        expect.objectContaining({
          code: "UNSUPPORTED",
          message: expect.stringContaining("its 2 ports (port_x86) are reached by instructions"),
        }),
      );
    }
  });

  test("has the properties of its node", async () => {
    addSlcr();
    addMemory(1);
    tree.remove(`/sys/bus/platform/devices/${SLCR}`);
    const folder = addDevice(tree, {
      bus: "platform",
      name: SLCR,
      driver: GENIRQ,
      properties: {
        compatible: "xlnx,zynq-slcr\0syscon\0",
        reg: Uint8Array.of(0xf8, 0, 0, 0, 0, 0, 0x10, 0),
        ranges: "",
      },
    });
    addUio(tree, folder, "uio0", [slcrMap()]);
    tree.write("/sys/firmware/devicetree/secret", "no property");
    using device = await platformBus({ root: tree.root }).open(SLCR);
    const { properties } = device;
    expect(properties.names()).toEqual(["compatible", "ranges", "reg"]);
    expect(properties.strings("compatible")).toEqual(["xlnx,zynq-slcr", "syscon"]);
    expect(properties.u32s("reg")).toEqual([0xf8000000, 0x1000]);
    expect([properties.has("ranges"), properties.has("a-child")]).toEqual([true, false]);
    for (const name of ["../../secret", "..", "a-child/x", "/etc/passwd"]) {
      expect(() => properties.bytes(name)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
    for (const name of ["clocks", "a-child"]) {
      expect(() => properties.bytes(name)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    }
  });

  test.each([
    ["a size that is no number", { size: "big" }, "INVALID_ARGUMENT", '"big" is no number'],
    ["no size", { size: undefined }, "NOT_FOUND", 'map0/size": there is no such file'],
    ["an address beyond 2^53", { addr: "0xffffffffffffffff" }, "OUT_OF_RANGE", "beyond 2^53 - 1"],
    ["an offset beyond its size", { offset: "0x100000" }, "OUT_OF_RANGE", "and begins at 1048576"],
    ["less than a word", { size: "0x2" }, "INVALID_ARGUMENT", "less than a word"],
    ["an odd offset", { offset: "0x4" }, "MISALIGNED", ""],
  ])("whose map has %s is refused, and nothing stays open", async (_, fault, code, words) => {
    const map: Record<string, string | undefined> = { ...slcrMap(), ...fault };
    const present = Object.entries(map).filter(([, value]) => value !== undefined);
    addSlcr([Object.fromEntries(present) as unknown as MadeUpMap]);
    addMemory(1);
    await expect(platformBus({ root: tree.root }).open(SLCR)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
    expect(readFileSync("/proc/self/maps", "utf8")).not.toContain(tree.root);
  });
});

/** Opens the slcr, whose interrupt is played. */
async function openInterrupting(options: FakeUioOptions = {}) {
  const folder = addSlcr();
  tree.write(`${folder}/event`, `${options.event ?? 0}\n`);
  const uio = fakeUio(libc, tree, 1, options);
  const device = await platformBusOver(async () => uio.libc, { root: tree.root }).open(SLCR);
  return { uio, device };
}

describe("the interrupt of a UIO device", () => {
  test("is waited for without blocking, counted, and acknowledged by writing 1", async () => {
    const { uio, device } = await openInterrupting({ event: 41 });
    using closing = device;
    const interrupt = closing.interrupt();
    expect([interrupt.name, interrupt.count, closing.memory(0).read32(0)]).toEqual(["uio0", 0, 0]);
    const heard: number[] = [];
    using listening = interrupt.listen((events) => {
      heard.push(events);
      interrupt.acknowledge();
    });
    interrupt.enable();
    uio.interrupt();
    await eventually(() => heard.length === 1, "an interrupt");
    // Two came together: the count has moved by two.
    uio.interrupt(2);
    await eventually(() => interrupt.count === 3, "two interrupts");
    interrupt.disable();
    expect([heard, uio.orders]).toEqual([
      [1, 2],
      [1, 1, 1, 0],
    ]);
    listening[Symbol.dispose]();
    uio.interrupt();
    await eventually(() => interrupt.count === 4, "an interrupt that nobody listens to");
    expect(heard).toEqual([1, 2]);
  });

  test("is counted across the end of the kernel's 32 bits", async () => {
    const { uio, device } = await openInterrupting({ event: 0xfffffffe });
    using closing = device;
    const { promise, resolve } = Promise.withResolvers<number>();
    closing.interrupt().listen(resolve);
    uio.interrupt(5);
    expect(await promise).toBe(5);
  });

  test("that came between the look at the count and the opening is not lost", async () => {
    const folder = addSlcr();
    tree.write(`${folder}/event`, "7\n");
    const uio = fakeUio(libc, tree, 1, { event: 9 });
    using device = await platformBusOver(async () => uio.libc, { root: tree.root }).open(SLCR);
    uio.interrupt();
    await eventually(() => device.interrupt().count > 0, "an interrupt");
    // Two of before, and one of now.
    expect(device.interrupt().count).toBe(3);
  });

  test("that is not there is none", async () => {
    const { device } = await openInterrupting({ interrupts: false });
    using closing = device;
    expect(closing.interrupts).toEqual([]);
    expect(() => closing.interrupt()).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });

  test.each([
    [LINUX.ENOSYS, `the driver "${GENIRQ}" has no switch for it (no irqcontrol)`],
    [LINUX.EIO, "the device has no interrupt, or is gone"],
  ])("whose driver answers %d says so", async (errno, words) => {
    const { uio, device } = await openInterrupting();
    using closing = device;
    uio.refuseOrders(errno);
    const interrupt = closing.interrupt("uio0");
    for (const order of [() => interrupt.enable(), () => interrupt.acknowledge()]) {
      expect(order).toThrow(
        expect.objectContaining({ code: "UNSUPPORTED", message: expect.stringContaining(words) }),
      );
    }
  });

  test("ends with its device, and with the last opening everything is closed", async () => {
    const { uio, device } = await openInterrupting();
    let heard = 0;
    const interrupt = device.interrupt();
    interrupt.listen((events) => (heard += events));
    expect(uio.open()).toBe(1);
    device.close();
    expect([uio.open(), heard]).toEqual([0, 0]);
    expect(() => interrupt.enable()).toThrow(expect.objectContaining({ code: "CLOSED" }));
  });

  test("of a device that goes away is one line in the log", async () => {
    const lines: string[] = [];
    addSlcr();
    const uio = fakeUio(libc, tree, 1);
    const logger = { log: (_: number, line: string) => void lines.push(line) };
    using device = await platformBusOver(async () => uio.libc, { root: tree.root, logger }).open(
      SLCR,
    );
    uio.unplug();
    await eventually(() => lines.length > 0, "a line");
    expect([lines[0], device.interrupt().count]).toEqual(["interrupt uio0: the device is gone", 0]);
  });
});

/** Lays out the registers when a driver has got the device, some time after it is bound. */
function layOut(): void {
  setTimeout(() => addUio(tree, `/sys/bus/platform/devices/${SLCR}`, "uio0", [slcrMap()]), 15);
  setTimeout(() => addMemory(1, { 0x530: 0x13722093 }), 40);
}

describe("a driver", () => {
  test("is given to a device that has none, whose files come later", async () => {
    const folder = addDevice(tree, { bus: "platform", name: SLCR });
    addDriver(tree, "platform", GENIRQ);
    using kernel = playKernel(tree, "platform", [GENIRQ], layOut);
    using device = await platformBus({ root: tree.root }).open(SLCR);
    expect([device.driver, device.memory(0).read32(0x530)]).toEqual([GENIRQ, 0x13722093]);
    expect(kernel.orders).toEqual([`${GENIRQ}/bind ${SLCR} ${GENIRQ}`]);
    device.close();
    expect(tree.text(`${folder}/driver_override`)).toBe(GENIRQ);
  });

  test("takes a device from another one, and gives it back where that is asked for", async () => {
    const folder = addDevice(tree, { bus: "platform", name: SLCR, driver: "zynq-slcr" });
    addDriver(tree, "platform", DMEM);
    using kernel = playKernel(tree, "platform", ["zynq-slcr", DMEM], layOut);
    const bus = platformBus({ root: tree.root, restore: true });
    const device = await bus.open(SLCR);
    expect(device.driver).toBe(DMEM);
    device.close();
    await eventually(() => kernel.orders.length === 4, "the way back");
    expect(kernel.orders).toEqual([
      `zynq-slcr/unbind ${SLCR} ${DMEM}`,
      `${DMEM}/bind ${SLCR} ${DMEM}`,
      `${DMEM}/unbind ${SLCR} `,
      `zynq-slcr/bind ${SLCR} `,
    ]);
    expect(tree.text(`${folder}/driver_override`)).toBe("");
  });

  test("that another one must not lose its device to is left alone", async () => {
    addDevice(tree, { bus: "platform", name: SLCR, driver: "zynq-slcr" });
    addDriver(tree, "platform", GENIRQ);
    const bus = platformBus({ root: tree.root, takeOver: false });
    await expect(bus.open(SLCR)).rejects.toMatchObject({
      code: "BUSY",
      message:
        `Open device "${SLCR}" of bus "platform": the driver "zynq-slcr" has it; ` +
        "to take it away, pass takeOver: true",
    });
    expect(tree.text("/sys/bus/platform/drivers/zynq-slcr/unbind")).toBe("");
  });

  test("that is not loaded is named, with the line to type", async () => {
    addDevice(tree, { bus: "platform", name: SLCR });
    await expect(platformBus({ root: tree.root }).open(SLCR)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message:
        `Open device "${SLCR}" of bus "platform": the driver "${GENIRQ}" is not loaded; ` +
        `type as root: modprobe ${GENIRQ}, or pass loadDriver: true`,
    });
  });

  test("is loaded where that is asked for", async () => {
    addDevice(tree, { bus: "platform", name: SLCR });
    using _kernel = playKernel(tree, "platform", [GENIRQ], layOut);
    const asked: string[] = [];
    using device = await platformBus({
      root: tree.root,
      async loadDriver(driver) {
        asked.push(driver);
        await Promise.resolve();
        setTimeout(() => addDriver(tree, "platform", driver), 10);
      },
    }).open(SLCR);
    expect([asked, device.driver]).toEqual([[GENIRQ], GENIRQ]);
  });

  test("that is unknown to the bus is refused, and so is a second one for an open device", async () => {
    addSlcr();
    addMemory(1);
    const bus = platformBus({ root: tree.root });
    await expect(bus.open(SLCR, { driver: "vfio-pci" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`is not one of ${GENIRQ}, ${DMEM}`),
    });
    using device = await bus.open(SLCR, { driver: GENIRQ });
    await expect(bus.open(SLCR, { driver: DMEM })).rejects.toMatchObject({
      code: "BUSY",
      message: expect.stringContaining(`open through the driver "${GENIRQ}", not "${DMEM}"`),
    });
    expect(device.closed).toBe(false);
  });

  test("that refuses the device is an error, and what was changed is put back", async () => {
    const folder = addDevice(tree, { bus: "platform", name: SLCR, driver: "zynq-slcr" });
    addDriver(tree, "platform", GENIRQ);
    // No order reaches this driver: its file cannot be opened for writing.
    tree.remove(`/sys/bus/platform/drivers/${GENIRQ}/bind`);
    tree.folder(`/sys/bus/platform/drivers/${GENIRQ}/bind`);
    using kernel = playKernel(tree, "platform", ["zynq-slcr"]);
    await expect(platformBus({ root: tree.root }).open(SLCR)).rejects.toMatchObject({
      message: expect.stringMatching(/: write "f8000000.slcr" to ".*bind": .*EISDIR.*dmesg$/),
    });
    await eventually(() => kernel.orders.length === 2, "the way back");
    expect(kernel.orders[1]).toMatch(/^zynq-slcr\/bind f8000000\.slcr/);
    expect(tree.text(`${folder}/driver_override`)).toBe("");
  });

  test("that never takes the device ends in time, or with the signal", async () => {
    const folder = addDevice(tree, { bus: "platform", name: SLCR });
    addDriver(tree, "platform", GENIRQ);
    const bus = platformBus({ root: tree.root, timeout: 30 });
    await expect(bus.open(SLCR)).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining(`wait until "${GENIRQ}" has it: it has not come in time`),
    });
    const abort = new AbortController();
    const opening = bus.open(SLCR, { signal: abort.signal, timeout: 60_000 });
    abort.abort(new Error("enough"));
    await expect(opening).rejects.toMatchObject({ code: "ABORTED", cause: { message: "enough" } });
    // Before anything is changed.
    tree.write(`${folder}/driver_override`, "(null)\n");
    await expect(bus.open(SLCR, { signal: abort.signal })).rejects.toMatchObject({
      code: "ABORTED",
      cause: { message: "enough" },
    });
    expect(tree.text(`${folder}/driver_override`)).toBe("(null)");
  });

  test("whose device file never comes ends in time", async () => {
    addSlcr();
    const bus = platformBus({ root: tree.root, timeout: 30 });
    await expect(bus.open(SLCR)).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining(`wait for "${tree.path("/dev/uio0")}"`),
    });
    addDevice(tree, { bus: "platform", name: "a.b", driver: GENIRQ });
    await expect(bus.open("a.b")).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining("/uio/uioX"),
    });
  });

  test("of a kernel without driver_override is an error", async () => {
    const folder = addDevice(tree, { bus: "platform", name: SLCR });
    addDriver(tree, "platform", GENIRQ);
    tree.remove(`${folder}/driver_override`);
    await expect(platformBus({ root: tree.root }).open(SLCR)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("Linux has it since version 3.17"),
    });
  });
});

describe("what is missing is one sentence with the way out", () => {
  test("no sysfs", async () => {
    await expect(platformBus({ root: tree.root }).open(SLCR)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message:
        `Find the kernel's bus "platform": ${tree.path("/sys/bus")} is not there; ` +
        "mount it with: mount -t sysfs sysfs /sys",
    });
    await expect(platformBus({ root: tree.root }).list()).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  test("no such bus", async () => {
    tree.folder("/sys/bus/pci/devices");
    await expect(platformBus({ root: tree.root }).open(SLCR)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("this kernel or machine has no such bus"),
    });
  });

  test("no such device: the names that are near", async () => {
    for (const name of [
      "f8000000.slcr",
      "f8001000.timer",
      "f8f00200.timer",
      "soc",
      "pmu",
      "amba",
    ]) {
      addDevice(tree, { bus: "platform", name });
    }
    const bus = platformBus({ root: tree.root });
    await expect(bus.open("f8000000.slrc")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(
        /^Open device "f8000000.slrc" of bus "platform": there is none of that name, but "f8000000.slcr", /,
      ),
    });
    await expect(bus.open("timer")).rejects.toMatchObject({
      message: expect.stringContaining('but "f8001000.timer", "f8f00200.timer"'),
    });
    for (const name of ["", ".", "..", "../f8000000.slcr", "a\0b"]) {
      await expect(bus.open(name)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });

  test.each([
    [LINUX.EACCES, "PERMISSION", 'SUBSYSTEM=="uio", GROUP="users", MODE="0660"'],
    [LINUX.EPERM, "PERMISSION", "/etc/udev/rules.d/70-uio.rules"],
    [LINUX.EBUSY, "BUSY", "another program has it open"],
    [LINUX.ENODEV, "SYSTEM", "(ENODEV)"],
  ])("a device file that is refused with %d", async (errno, code, words) => {
    addSlcr();
    const uio = fakeUio(libc, tree, 1, { refuseOpen: errno });
    await expect(
      platformBusOver(async () => uio.libc, { root: tree.root }).open(SLCR),
    ).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });
});
