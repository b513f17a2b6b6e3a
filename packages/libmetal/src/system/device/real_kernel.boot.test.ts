import { beforeAll, describe, expect, test } from "vitest";
import { runGuest } from "../../../fixtures/guest/boot_guest.ts";

/** Milliseconds that a boot and all that follows may take: QEMU interprets every instruction. */
const LIMIT = 240_000;

/** What the program in the guest has reported, by the name of the report. */
const reports = new Map<string, unknown>();
let lines: readonly string[] = [];

beforeAll(async () => {
  lines = await runGuest({
    program: "devices_program.ts",
    parameters: "intel_iommu=on",
    limit: LIMIT,
    devices: [
      "intel-iommu,intremap=on",
      "edu,addr=04.0",
      "edu,addr=05.0",
      // Two functions of one slot are one group of the IOMMU.
      "edu,addr=06.0,multifunction=on",
      "edu,addr=06.1",
      "edu,addr=07.0",
      "pcie-root-port,id=port0,chassis=1,addr=08.0",
      "virtio-rng-pci,bus=port0",
      "pci-testdev,addr=09.0",
    ],
  });
  for (const line of lines) {
    const text = /^REPORT (.*)$/.exec(line)?.[1];
    if (text === undefined) continue;
    const [name, value] = JSON.parse(text) as [string, unknown];
    reports.set(name, value);
  }
  if (!reports.has("end")) throw new Error(`The guest has said:\n${lines.slice(-30).join("\n")}`);
}, LIMIT);

/** What QEMU's edu shows through any driver. */
const edu = {
  regions: ["bar0", "config"],
  identification: 0x010000ed,
  inverted: 0xedcba987,
  factorial: 3_628_800,
  config: [0x1234, 0x11e8],
  isPhysical: true,
};

/** Two interrupts, each raised, heard and acknowledged. */
const twice = { causes: [0x5, 0x8], counts: [1, 2] };

describe("on Debian's kernel, in QEMU,", () => {
  test("the program comes to its end, and finds the buses", () => {
    expect(reports.get("end")).toBe(true);
    expect(reports.get("buses")).toEqual([["generic", "platform", "pci"], []]);
  });

  test("a driver that is not loaded is named, with the line to type", () => {
    expect(reports.get("not loaded")).toBe(
      'NOT_FOUND: Open device "0000:00:04.0" of bus "pci": the driver "uio_pci_generic" is not ' +
        "loaded; type as root: modprobe uio_pci_generic, or pass loadDriver: true",
    );
    expect(reports.get("no such device")).toContain('but "0000:00:04.0"');
  });

  test("uio_pci_generic is loaded and bound: registers answer, the pin interrupts", () => {
    expect(reports.get("uio")).toEqual({
      ...edu,
      driver: "uio_pci_generic",
      interrupts: { ...twice, name: "uio0" },
    });
    expect(reports.get("uio again, its driver being kept")).toEqual({ ...twice, name: "uio0" });
    expect(reports.get("uio is not another driver's")).toMatch(/^BUSY: .*pass takeOver: true$/);
  });

  test("vfio-pci is loaded and bound: registers answer, messages interrupt, all is put back", () => {
    expect(reports.get("vfio")).toEqual({
      ...edu,
      driver: "vfio-pci",
      interrupts: { ...twice, name: "msi0" },
    });
    expect(reports.get("restored")).toEqual([["(null)"], false]);
    expect(reports.get("vfio by the pin")).toEqual({ ...twice, name: "intx" });
    expect(reports.get("no messages enough")).toMatch(/^UNSUPPORTED: .*64 .* msi .* it has 1$/);
  });

  test("the device copies memory through the IOMMU, and reaches nothing that is not mapped", () => {
    expect(reports.get("dma")).toEqual({
      granule: 4096,
      isCopied: true,
      beyond: 0xaaaaaaaa,
      kept: [0x55555555, 0x55555555],
    });
    expect(reports.get("scattered dma")).toEqual({ segments: 2, isCopied: true });
    expect(lines.some((line) => /DMAR: \[DMA Write.*00:05\.0\] fault addr/.test(line))).toBe(true);
  });

  test("the interrupt of a device is a line of a domain", () => {
    expect(reports.get("a line of a domain")).toBe(0x21);
  });

  test("ports are read and written by calls; a card without an interrupt has none", () => {
    const name = "portio-no-eventf";
    expect(reports.get("ports over uio")).toEqual({ interrupts: 0, name });
    expect(reports.get("ports over vfio, taken from uio")).toEqual({
      driver: "vfio-pci",
      interrupts: 0,
      name,
    });
    expect(reports.get("given back to")).toBe("uio_pci_generic");
  });

  test("another card has two messages of MSI-X, and a reset; edu has none", () => {
    expect(reports.get("another card")).toEqual({
      regions: [
        ["bar1", true],
        ["bar4", true],
        ["config", false],
      ],
      interrupts: ["msix0", "msix1"],
      vendor: 0x1af4,
      switched: [0, 0],
    });
    expect(reports.get("no reset")).toMatch(/^UNSUPPORTED: .*vfio-pci cannot reset it$/);
  });

  test("a group with a device of another driver is not viable, and names it", () => {
    expect(reports.get("not viable")).toMatch(
      /^BUSY: .*its group \d+ is not viable.*: 0000:00:06\.0 \(vfio-pci\), 0000:00:06\.1 \(uio_pci_generic\)$/,
    );
    expect(reports.get("viable after all")).toEqual([0x010000ed, 0x010000ed]);
  });

  test("another user than root is told what lets him in", () => {
    expect(reports.get("uio of root")).toMatch(/^PERMISSION: .*SUBSYSTEM=="uio", GROUP="users"/);
    expect(reports.get("vfio of root")).toMatch(/^PERMISSION: .*SUBSYSTEM=="vfio", GROUP="users"/);
    expect(reports.get("driver of root")).toMatch(/^PERMISSION: .*driver_override.*takes root/);
  });

  test("a user who has the device file reaches the registers, and is told what the pin takes", () => {
    expect(reports.get("uio of the user")).toEqual([
      0x010000ed,
      0x11e8,
      expect.stringContaining('RUN+="/bin/chgrp users /sys%p/config"'),
    ]);
  });
});
