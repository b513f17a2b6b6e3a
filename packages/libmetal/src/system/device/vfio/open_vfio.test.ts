import { readFileSync } from "node:fs";
import { bufferMemory } from "@openamp/libmetal";
import { createSharedMemory, type PciInterruptOptions } from "@openamp/libmetal/system";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../../../../fixtures/eventually.ts";
import {
  type FakeVfio,
  fakeVfio,
  type FakeVfioDevice,
  type FakeVfioOptions,
} from "../../../../fixtures/fake_vfio.ts";
import { addDevice, type MadeUpTree, madeUpTree } from "../../../../fixtures/made_up_tree.ts";
import { type Libc, loadLibc } from "../../libc/libc.ts";
import { LINUX } from "../../libc/linux.ts";
import { VFIO } from "./vfio_layouts.ts";
import { pciBusOver } from "../pci_bus.ts";

const CARD = "0000:00:04.0";
const ALL =
  VFIO.VFIO_REGION_INFO_FLAG_READ |
  VFIO.VFIO_REGION_INFO_FLAG_WRITE |
  VFIO.VFIO_REGION_INFO_FLAG_MMAP;
const BY_CALLS = VFIO.VFIO_REGION_INFO_FLAG_READ | VFIO.VFIO_REGION_INFO_FLAG_WRITE;
const CONFIG = VFIO.VFIO_PCI_CONFIG_REGION_INDEX;

let tree: MadeUpTree;
let libc: Libc;
let page: number;
beforeEach(async () => {
  tree = madeUpTree();
  libc = await loadLibc();
  page = libc.sysconf(LINUX._SC_PAGESIZE);
});
afterEach(() => tree[Symbol.dispose]());

function card(changes: Partial<FakeVfioDevice> = {}): FakeVfioDevice {
  return {
    name: CARD,
    group: 2,
    regions: { 0: { size: page, flags: ALL }, [CONFIG]: { size: 256, flags: BY_CALLS } },
    interrupts: [1, 4, 0],
    ...changes,
  };
}

/** Lays out devices that vfio-pci has, behind a kernel that is played. */
function play(devices: readonly FakeVfioDevice[], options: FakeVfioOptions = {}): FakeVfio {
  for (const { name } of devices) {
    const folder = addDevice(tree, { bus: "pci", name, driver: "vfio-pci" });
    tree.write(`${folder}/resource`, "0x00000000fea00000 0x00000000fea00fff 0x0000000000040200\n");
  }
  return fakeVfio(libc, tree, devices, options);
}

/** The body of a capability of kind sparse mmap, with one area. */
const area = (offset: number, size: number) =>
  new Uint8Array(new BigUint64Array([1n, BigInt(offset), BigInt(size)]).buffer);

function busOf(vfio: FakeVfio) {
  return pciBusOver(async () => vfio.libc, { root: tree.root });
}

describe("a PCI device over VFIO", () => {
  test("has its registers mapped, and its configuration space by calls", async () => {
    const vfio = play([card()]);
    const device = await busOf(vfio).open(CARD);
    expect([device.driver, device.regions.map(({ name }) => name), vfio.open()]).toEqual([
      "vfio-pci",
      ["bar0", "config"],
      [1, 1, 1],
    ]);
    const registers = device.memory("bar0");
    expect([registers.kind, registers.physicalAddress, registers.size]).toEqual([
      "device",
      0xfea00000,
      page,
    ]);
    registers.write32(0x10, 0x12345678);
    const file = readFileSync(tree.path(`/dev/vfio/${CARD}.regions`));
    expect(file.readUInt32LE(0x10)).toBe(0x12345678);
    const config = device.region("config");
    config.write16(4, 6);
    expect(config.read32(4)).toBe(6);
    device.reset();
    expect(vfio.resets()).toBe(1);
    device.close();
    expect(vfio.open()).toEqual([0, 0, 0]);
    expect(() => registers.read32(0)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect(() => config.read32(0)).toThrow(expect.objectContaining({ code: "CLOSED" }));
  });

  test("has what cannot be mapped as a whole by calls, or for reading only", async () => {
    const regions = {
      // An unknown capability comes first.
      0: {
        size: 2 * page,
        flags: ALL,
        capabilities: [
          { id: 77, body: new Uint8Array(8) },
          { id: 1, body: area(page, page) },
        ],
      },
      1: { size: page, flags: ALL, capabilities: [{ id: 1, body: area(0, page) }] },
      2: { size: 0x100, flags: BY_CALLS },
      4: { size: 0x100, flags: VFIO.VFIO_REGION_INFO_FLAG_READ },
      6: { size: page, flags: ALL },
      8: { size: page, flags: ALL },
    };
    const vfio = play([card({ regions })]);
    using device = await busOf(vfio).open(CARD);
    expect(device.regions.map((region) => [region.name, "words" in region])).toEqual([
      ["bar0", false],
      ["bar1", true],
      ["bar2", false],
      ["bar4", false],
    ]);
    device.region("bar0").write32(4, 7);
    expect(device.region("bar0").read32(4)).toBe(7);
    expect(() => device.region("bar4").write8(0, 1)).toThrow(
      expect.objectContaining({ code: "READ_ONLY" }),
    );
  });

  test("that is no PCI device, or cannot be reset, says so", async () => {
    const other = "0000:00:05.0";
    const vfio = play([
      card({ flags: VFIO.VFIO_DEVICE_FLAGS_PCI }),
      card({ name: other, flags: VFIO.VFIO_DEVICE_FLAGS_RESET }),
    ]);
    const bus = busOf(vfio);
    using device = await bus.open(CARD);
    expect(() => device.reset()).toThrow(
      expect.objectContaining({
        code: "UNSUPPORTED",
        message: expect.stringContaining("the driver vfio-pci cannot reset it"),
      }),
    );
    await expect(bus.open(other)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(vfio.open()).toEqual([1, 1, 1]);
  });

  test("shares container and group with the others, which close with the last of them", async () => {
    const [second, third] = ["0000:00:05.0", "0000:00:06.0"];
    const vfio = play([card(), card({ name: second }), card({ name: third, group: 3 })]);
    const bus = busOf(vfio);
    const devices = await Promise.all([CARD, second, third].map((name) => bus.open(name)));
    const again = await bus.open(CARD);
    expect(vfio.open()).toEqual([1, 2, 3]);
    devices[0]?.close();
    expect(vfio.open()).toEqual([1, 2, 3]);
    again.close();
    expect(vfio.open()).toEqual([1, 2, 2]);
    devices[1]?.close();
    expect(vfio.open()).toEqual([1, 1, 1]);
    devices[2]?.close();
    expect(vfio.open()).toEqual([0, 0, 0]);
    using reopened = await bus.open(CARD);
    expect([reopened.closed, vfio.open()]).toEqual([false, [1, 1, 1]]);
  });

  test("is not harmed by signals that cut its orders short", async () => {
    const vfio = play([card()], { signals: 2 });
    using device = await busOf(vfio).open(CARD);
    expect(device.regions.length).toBe(2);
  });
});

/** Opens the card, with some of its interrupts. */
async function openInterrupting(
  changes: Partial<FakeVfioDevice>,
  interrupts: PciInterruptOptions = {},
) {
  const vfio = play([card(changes)]);
  return { vfio, device: await busOf(vfio).open(CARD, { interrupts }) };
}

describe("interrupts over VFIO", () => {
  test("as messages need no acknowledgement, and switch the device's transfers on", async () => {
    const { vfio, device } = await openInterrupting({}, { vectors: 3 });
    using closing = device;
    expect(closing.interrupts.map(({ name }) => name)).toEqual(["msi0", "msi1", "msi2"]);
    const config = closing.region("config");
    const [first, , third] = closing.interrupts;
    const heard: string[] = [];
    for (const interrupt of closing.interrupts) {
      interrupt.listen((events) => heard.push(`${interrupt.name} ${events}`));
    }
    vfio.interrupt(CARD, 1, 0);
    expect(config.read16(4)).toBe(0);
    third?.enable();
    expect(config.read16(4)).toBe(4);
    // Of those that are laid out, only the third is switched on.
    for (const vector of [0, 1, 2]) vfio.interrupt(CARD, 1, vector);
    await eventually(() => third?.count === 1, "the third message");
    first?.enable();
    third?.acknowledge();
    vfio.interrupt(CARD, 1, 0);
    vfio.interrupt(CARD, 1, 2);
    vfio.interrupt(CARD, 1, 2);
    await eventually(() => first?.count === 1 && third?.count === 3, "three messages");
    third?.disable();
    vfio.interrupt(CARD, 1, 2);
    vfio.interrupt(CARD, 1, 0);
    await eventually(() => first?.count === 2, "the first message");
    expect(third?.count).toBe(3);
    expect(heard.filter((each) => each.startsWith("msi1"))).toEqual([]);
    closing.close();
    expect(vfio.open()).toEqual([0, 0, 0]);
  });

  test("by the pin are masked at each event, until they are acknowledged", async () => {
    const { vfio, device } = await openInterrupting({ interrupts: [1, 0, 0] });
    using closing = device;
    const interrupt = closing.interrupt("intx");
    interrupt.acknowledge();
    interrupt.disable();
    vfio.interrupt(CARD, 0);
    interrupt.enable();
    vfio.interrupt(CARD, 0);
    await eventually(() => interrupt.count === 1, "the pin");
    vfio.interrupt(CARD, 0);
    interrupt.acknowledge();
    await eventually(() => interrupt.count === 2, "the pin, which was still up");
    interrupt.acknowledge();
    interrupt.disable();
    vfio.interrupt(CARD, 0);
    interrupt.enable();
    await eventually(() => interrupt.count === 3, "the pin, which was masked");
    expect(closing.region("config").read16(4)).toBe(0);
  });

  test("are the best that the device has, or what was asked for", async () => {
    const { device } = await openInterrupting({ interrupts: [1, 4, 8] });
    expect(device.interrupts.map(({ name }) => name)).toEqual(["msix0"]);
    device.close();
    const { device: asked } = await openInterrupting(
      { interrupts: [1, 4, 8] },
      { kind: "intx", vectors: 1 },
    );
    expect(asked.interrupts.map(({ name }) => name)).toEqual(["intx"]);
    asked.close();
    const { device: none } = await openInterrupting({ interrupts: [0, 0, 0] });
    expect(none.interrupts).toEqual([]);
    none.close();
  });

  test.each([
    [{ kind: "msix" }, "it has no interrupts of kind msix"],
    [{ vectors: 5 }, "5 interrupts of kind msi are asked for, and it has 4"],
    [{ vectors: 0 }, "0 interrupts of kind msi"],
    [{ vectors: 1.5 }, "1.5 interrupts of kind msi"],
  ] as const)("that it does not have are refused: %j", async (interrupts, words) => {
    const vfio = play([card()]);
    await expect(busOf(vfio).open(CARD, { interrupts })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining(words),
    });
    expect(vfio.open()).toEqual([0, 0, 0]);
  });
});

describe("memory that a device reaches over VFIO", () => {
  test("is read and written by the device, for as long as it is mapped", async () => {
    const vfio = play([card()]);
    using device = await busOf(vfio).open(CARD);
    using shared = await createSharedMemory({ size: 4 * page, physicalAddress: 0, name: "ring" });
    const { memory } = shared;
    memory.write32(page, 0x74726976);
    const dma = device.dma;
    expect(dma?.granule).toBe(page);
    const ring = dma!.map({ memory, offset: page, length: page, access: "read" });
    const buffers = dma!.map({ memory, offset: 2 * page, access: "write", address: 0x100000 });
    expect([ring.address, ring.size, buffers.address, buffers.size]).toEqual([
      page,
      page,
      0x100000,
      2 * page,
    ]);
    expect(vfio.deviceReads(ring.address, 4)).toEqual(Uint8Array.of(0x76, 0x69, 0x72, 0x74));
    expect(vfio.deviceWrites(buffers.address + 4, Uint8Array.of(1, 2, 3, 4))).toBe(true);
    expect(memory.read32(2 * page + 4)).toBe(0x04030201);
    // Each in its own direction, and nothing beyond.
    expect([
      vfio.deviceWrites(ring.address, Uint8Array.of(1)),
      vfio.deviceReads(buffers.address, 1),
      vfio.deviceReads(ring.address + page - 1, 2),
    ]).toEqual([false, undefined, undefined]);
    ring[Symbol.dispose]();
    ring[Symbol.dispose]();
    expect(vfio.deviceReads(ring.address, 4)).toBeUndefined();
    using both = dma!.map({ memory, length: page, access: "read-write" });
    expect(both.address).toBe(page);
    device.close();
    expect(vfio.deviceWrites(buffers.address, Uint8Array.of(1))).toBe(false);
    expect(() => device.dma).toThrow(expect.objectContaining({ code: "CLOSED" }));
  });

  test("is taken back with the device, also what comes after a part that is refused", async () => {
    const vfio = play([card()]);
    let ends = 0;
    const refusing: Libc = {
      ...vfio.libc,
      ioctlWith(descriptor, request, bytes) {
        if (request !== VFIO.VFIO_IOMMU_UNMAP_DMA) {
          return vfio.libc.ioctlWith(descriptor, request, bytes);
        }
        return ends++ === 0 ? -1 : vfio.libc.ioctlWith(descriptor, request, bytes);
      },
      errno: () => LINUX.EIO,
    };
    const device = await pciBusOver(async () => refusing, { root: tree.root }).open(CARD);
    using shared = await createSharedMemory({ size: 2 * page, physicalAddress: 0 });
    const { memory } = shared;
    for (const offset of [0, page]) {
      device.dma!.map({ memory, offset, length: page, access: "write" });
    }
    expect(() => device.close()).toThrow(expect.objectContaining({ code: "SYSTEM" }));
    expect([ends, vfio.open()]).toEqual([2, [0, 0, 0]]);
  });

  test("has to be whole pages of a mapping that is open", async () => {
    const vfio = play([card()]);
    using device = await busOf(vfio).open(CARD);
    const shared = await createSharedMemory({ size: 2 * page, physicalAddress: 0 });
    const { memory } = shared;
    const ours = bufferMemory({
      name: "ours",
      physicalAddress: 0,
      buffer: new SharedArrayBuffer(page),
    });
    const dma = device.dma!;
    const faults = [
      [{ memory: ours }, "UNSUPPORTED"],
      [{ memory, offset: 8 }, "MISALIGNED"],
      [{ memory, length: 8 }, "MISALIGNED"],
      [{ memory, address: page + 8 }, "MISALIGNED"],
      [{ memory, offset: 2 * page, length: page }, "OUT_OF_RANGE"],
      [{ memory, length: 3 * page }, "OUT_OF_RANGE"],
      [{ memory, length: 0 }, "OUT_OF_RANGE"],
      [{ memory, offset: -page }, "OUT_OF_RANGE"],
      [{ memory, length: NaN }, "OUT_OF_RANGE"],
      [{ memory, address: 0xfee00000 }, "OUT_OF_RANGE"],
    ] as const;
    for (const [fault, code] of faults) {
      expect(() => dma.map({ access: "read", ...fault })).toThrow(
        expect.objectContaining({ code }),
      );
    }
    using _taken = dma.map({ memory, access: "read", address: 0x10000 });
    expect(() => dma.map({ memory, access: "read", address: 0x10000 + page })).toThrow(
      expect.objectContaining({ code: "OVERLAP" }),
    );
    shared.close();
    expect(() => dma.map({ memory, access: "read" })).toThrow(
      expect.objectContaining({ code: "CLOSED" }),
    );
  });

  test("lies where the IOMMU translates, in its pages", async () => {
    const ranges = new Uint8Array(
      new BigUint64Array([2n, 0x10000n, 0x1ffffn, 0x40000n, 2n ** 64n - 1n]).buffer,
    );
    const vfio = play([card()], {
      iommuCapabilities: [
        { id: 2, body: new Uint8Array(24) },
        { id: 1, body: ranges },
      ],
    });
    using device = await busOf(vfio).open(CARD);
    using shared = await createSharedMemory({ size: 0x10000, physicalAddress: 0 });
    const { memory } = shared;
    const dma = device.dma!;
    const addresses = [1, 2].map(() => dma.map({ memory, access: "read" }).address);
    expect(addresses).toEqual([0x10000, 0x40000]);
    expect(() => dma.map({ memory, access: "read", address: 0x20000 })).toThrow(
      expect.objectContaining({
        code: "OUT_OF_RANGE",
        message: expect.stringContaining("only 0x10000 to 0x1ffff, 0x40000 to 0x1ffffffffffffe"),
      }),
    );
  });

  test("is mapped in the pages of the IOMMU", async () => {
    const vfio = play([card()], { pageSizes: BigInt(16 * page) });
    using device = await busOf(vfio).open(CARD);
    using shared = await createSharedMemory({ size: 16 * page, physicalAddress: 0 });
    expect(device.dma?.granule).toBe(16 * page);
    expect(() => device.dma?.map({ memory: shared.memory, access: "read", length: page })).toThrow(
      expect.objectContaining({ code: "MISALIGNED" }),
    );
  });

  test("that cannot be locked says which limit to raise", async () => {
    const vfio = play([card()], { refuse: { [VFIO.VFIO_IOMMU_MAP_DMA]: LINUX.ENOMEM } });
    using device = await busOf(vfio).open(CARD);
    using shared = await createSharedMemory({ size: page, physicalAddress: 0 });
    const dma = device.dma!;
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(() => dma.map({ memory: shared.memory, access: "read", address: page })).toThrow(
        expect.objectContaining({
          code: "NO_SPACE",
          message: expect.stringContaining("ulimit -l"),
        }),
      );
    }
  });
});

describe("what is missing is one sentence with the way out", () => {
  const other = { [VFIO.VFIO_GROUP_GET_DEVICE_FD]: LINUX.ENODEV };
  const remapping = { [VFIO.VFIO_SET_IOMMU]: LINUX.EPERM };
  const rule = 'SUBSYSTEM=="vfio", GROUP="users", MODE="0660"';
  test.each<[string, FakeVfioOptions, string, string]>([
    ["another version", { version: 1 }, "UNSUPPORTED", "VFIO has version 1 here, and 0 is known"],
    ["no type 1", { type1: false }, "UNSUPPORTED", "modprobe vfio_iommu_type1"],
    ["no remapping", { refuse: remapping }, "PERMISSION", "allow_unsafe_interrupts=1"],
    ["another group", { refuse: other }, "SYSTEM", "it is not in group 2 any more, or not bound"],
    ["a group that is taken", { refuseOpen: { "/dev/vfio/2": LINUX.EBUSY } }, "BUSY", "another"],
    ["a group of root", { refuseOpen: { "/dev/vfio/2": LINUX.EACCES } }, "PERMISSION", rule],
    ["a container of root", { refuseOpen: { "/dev/vfio/vfio": LINUX.EACCES } }, "PERMISSION", rule],
  ])("%s", async (_, options, code, words) => {
    const vfio = play([card()], options);
    await expect(busOf(vfio).open(CARD)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
    expect(vfio.open()).toEqual([0, 0, 0]);
  });

  test("a group that is not viable names the devices that keep it from that", async () => {
    const vfio = play([card()], { viable: false });
    const group = "/sys/kernel/iommu_groups/2/devices";
    tree.link(`${group}/${CARD}/driver`, "vfio-pci");
    tree.link(`${group}/0000:00:05.0/driver`, "e1000");
    tree.folder(`${group}/0000:00:06.0`);
    await expect(busOf(vfio).open(CARD)).rejects.toMatchObject({
      code: "BUSY",
      message: expect.stringMatching(
        /its group 2 is not viable.*: 0000:00:04\.0 \(vfio-pci\), 0000:00:05\.0 \(e1000\), 0000:00:06\.0$/,
      ),
    });
    expect(vfio.open()).toEqual([0, 0, 0]);
  });

  test("no IOMMU: the parameter of the kernel", async () => {
    const vfio = play([card()]);
    tree.remove(`/sys/bus/pci/devices/${CARD}/iommu_group`);
    await expect(busOf(vfio).open(CARD)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("intel_iommu=on"),
    });
  });

  test("no VFIO: the module to load", async () => {
    const vfio = play([card()]);
    tree.remove("/dev/vfio/vfio");
    await expect(busOf(vfio).open(CARD)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("type as root: modprobe vfio-pci"),
    });
  });
});
