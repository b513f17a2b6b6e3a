import {
  bufferMemory,
  type DeviceAccess,
  dmaContext,
  genericBus,
  identityDomain,
  iommuDma,
  iommuDomain,
  iovaAllocator,
  type Memory,
  scatterList,
} from "@openamp/libmetal";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count } from "../../../../tools/counts.ts";
import { outcome } from "../../fixtures/outcome.ts";

/** At the long count it takes minutes. */
const LONG = { timeout: 1_200_000 };

const refusal = (code: string): unknown => expect.objectContaining({ name: "MetalError", code });
const PAGE = 4096;

function memory(pages: number, physicalAddress = 0x100000): Memory {
  return bufferMemory({ name: "ddr", physicalAddress, buffer: new ArrayBuffer(pages * PAGE) });
}

describe("a device behind an IOMMU", () => {
  test("has addresses of its own for each mapping, and they end with it", () => {
    const ddr = memory(8);
    const domain = iommuDomain();
    const dma = dmaContext({ name: "eth0", iommu: iommuDma(domain) });
    const list = scatterList([
      { memory: ddr, offset: 100, length: 50 },
      { memory: ddr, offset: 2 * PAGE - 8, length: 16 },
    ]);
    const mapped = dma.map(list, "read");
    const reached = mapped.segments.map(({ address, length }) => {
      return [domain.translate(address, length, "read"), length];
    });
    expect(reached).toEqual([
      [0x100000 + 100, 50],
      [0x100000 + 2 * PAGE - 8, 16],
    ]);
    expect(domain.mapped).toBe(3 * PAGE);
    const [first] = mapped.segments;
    expect(domain.resolve(first?.address ?? 0, 50, "write")).toBeUndefined();
    mapped.unmap();
    expect(domain.mapped).toBe(0);
    expect(domain.resolve(first?.address ?? 0, 50, "read")).toBeUndefined();
    expect(domain.faults).toBe(2);
  });

  test("may be one of a bus, which has it or has none", async () => {
    const ddr = memory(1);
    const domain = iommuDomain();
    const bus = genericBus({
      devices: [{ name: "eth0", dma: iommuDma(domain) }, { name: "eth1" }],
    });
    const addresses: (number | undefined)[] = [];
    for (const name of ["eth0", "eth1"]) {
      using device = await bus.open(name);
      using dma = dmaContext({ name, iommu: device.dma });
      addresses.push(dma.map(scatterList([{ memory: ddr }]), "read").segments[0]?.address);
    }
    expect([addresses, domain.mapped]).toEqual([[PAGE, 0x100000], 0]);
  });

  test("is given one segment where its addresses follow one another", () => {
    const ddr = memory(8);
    const dma = dmaContext({ name: "eth0", iommu: iommuDma(iommuDomain()) });
    const list = scatterList([
      { memory: ddr, offset: 5 * PAGE, length: PAGE },
      { memory: ddr, offset: PAGE, length: 100 },
    ]);
    expect(dma.map(list, "read").segments).toEqual([{ address: PAGE, length: PAGE + 100 }]);
  });

  test("names any other address, and reaches nothing", () => {
    const ddr = memory(16);
    const bytes = new Uint8Array(16 * PAGE).fill(0xa5);
    ddr.writeBlock(0, bytes);
    const domain = iommuDomain({ last: 64 * PAGE - 1 });
    using dma = dmaContext({ name: "enemy", iommu: iommuDma(domain) });
    const mine = { offset: 3 * PAGE, length: 2 * PAGE };
    const [segment] = dma.map(scatterList([{ memory: ddr, ...mine }]), "read-write").segments;
    const from = segment?.address ?? 0;
    const end = from + (segment?.length ?? 0);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(70 * PAGE),
          fc.integer({ min: 0x100000 - PAGE, max: 0x100000 + 17 * PAGE }),
          fc.double(),
          fc.maxSafeInteger(),
        ),
        fc.oneof(fc.nat(3 * PAGE), fc.constantFrom(0, -1, NaN, 2 ** 32, 2 ** 53)),
        (address, length) => {
          const window = domain.resolve(address, length, "write");
          const granted = address >= from && address + length <= end && length > 0;
          const whole = Number.isInteger(address) && Number.isInteger(length);
          if (length === 0) return;
          expect(window !== undefined).toBe(granted && whole);
          window?.words.fill(address - window.bias, 0x11, length);
        },
      ),
      { numRuns: 2000 },
    );
    const after = new Uint8Array(16 * PAGE);
    ddr.readBlock(0, after);
    bytes.fill(0, mine.offset, mine.offset + mine.length);
    after.fill(0, mine.offset, mine.offset + mine.length);
    expect(after).toEqual(bytes);
    expect(domain.faults).toBeGreaterThan(1000);
  });

  test("no two mappings share an address, and all of them lead to their bytes", LONG, () => {
    const ddr = memory(32);
    const step = fc.record({
      map: fc.boolean(),
      which: fc.nat(20),
      offset: fc.nat(28 * PAGE),
      length: fc.integer({ min: 1, max: 3 * PAGE }),
      access: fc.constantFrom<DeviceAccess>("read", "write", "read-write"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
        const domain = iommuDomain({ last: 40 * PAGE - 1 });
        const dma = dmaContext({ name: "eth0", iommu: iommuDma(domain) });
        const outcomes = new Set<string>(["done"]);
        const live: { mapped: ReturnType<typeof dma.map>; offset: number; length: number }[] = [];
        for (const { map, which, offset, length, access } of steps) {
          if (map) {
            const ended = outcome(() => {
              const mapped = dma.map(scatterList([{ memory: ddr, offset, length }]), access);
              live.push({ mapped, offset, length });
            });
            outcomes.add(ended);
          } else live.splice(which % Math.max(1, live.length), 1)[0]?.mapped.unmap();
          const pages = new Set<number>();
          let mappedPages = 0;
          for (const each of live) {
            const [segment] = each.mapped.segments;
            const address = segment?.address ?? 0;
            const kind = each.mapped.access === "write" ? "write" : "read";
            const physical = domain.translate(address, each.length, kind);
            if (physical !== 0x100000 + each.offset) throw new Error(`It leads to ${physical}`);
            const last = Math.floor((address + each.length - 1) / PAGE);
            for (let page = Math.floor(address / PAGE); page <= last; page++) {
              pages.add(page);
              mappedPages++;
            }
          }
          expect([pages.size, domain.mapped]).toEqual([mappedPages, mappedPages * PAGE]);
        }
        // Mapped already, or no addresses are left.
        expect(["done", "BUSY", "NO_SPACE"]).toEqual(expect.arrayContaining([...outcomes]));
        dma[Symbol.dispose]();
        expect([dma.mapped, domain.mapped]).toEqual([0, 0]);
      }),
      { numRuns: count("histories of a device behind an IOMMU") },
    );
  });

  test("has nothing mapped after a mapping that failed half-way", () => {
    const ddr = memory(4);
    const domain = iommuDomain({ last: 3 * PAGE - 1 });
    const dma = dmaContext({ name: "eth0", iommu: iommuDma(domain) });
    const list = scatterList([
      { memory: ddr, length: PAGE },
      { memory: ddr, offset: PAGE },
    ]);
    expect(() => dma.map(list, "read")).toThrow(refusal("NO_SPACE"));
    expect([domain.mapped, dma.mapped]).toEqual([0, 0]);
    expect(() => dma.map(list.slice(0, 2 * PAGE), "write")).not.toThrow();
  });

  test("MISALIGNED: a part of a page at the end of a memory, or between two", () => {
    const buffer = new ArrayBuffer(PAGE + 64);
    const short = bufferMemory({ name: "short", physicalAddress: 0x100000, buffer });
    const odd = bufferMemory({ name: "odd", physicalAddress: 0x100010, buffer });
    const dma = dmaContext({ name: "eth0", iommu: iommuDma(iommuDomain()) });
    const map = (of: Memory, offset: number) => () =>
      dma.map(scatterList([{ memory: of, offset, length: 16 }]), "read");
    expect(map(short, PAGE)).toThrow(refusal("MISALIGNED"));
    expect(map(odd, 0)).toThrow(refusal("MISALIGNED"));
    expect(map(short, PAGE - 16)).not.toThrow();
  });

  test("INVALID_ARGUMENT where it is on a bus with other addresses too", () => {
    const domain = iommuDomain();
    const make = () => dmaContext({ name: "eth0", iommu: iommuDma(domain), addresses: domain });
    expect(make).toThrow(refusal("INVALID_ARGUMENT"));
  });
});

describe("the addresses of an IOMMU", () => {
  test("are aligned to the largest page that fits", () => {
    const domain = iommuDomain({ pageSizes: [PAGE, 4 * PAGE] });
    const dma = iommuDma(domain);
    const ddr = memory(16);
    const small = dma.map({ memory: ddr, length: PAGE, access: "read" });
    const large = dma.map({ memory: ddr, length: 5 * PAGE, access: "read" });
    expect([small.address, small.size]).toEqual([PAGE, PAGE]);
    expect([large.address, large.size]).toEqual([4 * PAGE, 5 * PAGE]);
    expect(dma.granule).toBe(PAGE);
  });

  test("may be chosen, where nobody has them", () => {
    const domain = iommuDomain();
    const iovas = iovaAllocator({ ...domain.aperture, granule: PAGE });
    const dma = iommuDma(domain, iovas);
    const ddr = memory(2);
    const at = { memory: ddr, length: PAGE, access: "read", address: 0x80000 } as const;
    const chosen = dma.map(at);
    expect(chosen.address).toBe(0x80000);
    expect(() => dma.map(at)).toThrow(refusal("OVERLAP"));
    chosen[Symbol.dispose]();
    chosen[Symbol.dispose]();
    expect(iovas.used).toBe(0);
    expect(() => dma.map({ ...at, offset: 16 })).toThrow(refusal("MISALIGNED"));
    expect(iovas.used).toBe(0);
    expect(dma.map({ ...at, length: 2 * PAGE }).size).toBe(2 * PAGE);
  });
});

describe("an identity domain", () => {
  test("leads to all memories at their physical addresses, and faults elsewhere", () => {
    const pages = { pageSize: 64, addresses: [0x9000, 0x4000] };
    const paged = bufferMemory({ name: "p", physicalAddress: pages, buffer: new ArrayBuffer(128) });
    const ddr = memory(1);
    const domain = identityDomain({ name: "passthrough", memories: [ddr, paged] });
    expect(domain.translate(0x100010, 8, "write")).toBe(0x100010);
    const window = domain.resolve(0x4010, 8, "read");
    expect([window?.memory, 0x4010 - (window?.bias ?? 0)]).toEqual([paged, 64 + 16]);
    expect(() => domain.translate(0x903c, 8, "read")).toThrow(refusal("FAULT"));
    expect(() => domain.translate(0x9000, 0, "read")).toThrow(refusal("FAULT"));
    expect(domain.resolve(0, 4, "write")).toBeUndefined();
    expect([domain.name, domain.faults]).toEqual(["passthrough", 3]);
    expect(domain.lastFault).toEqual({ iova: 0, length: 4, access: "write", reason: "unmapped" });
  });
});
