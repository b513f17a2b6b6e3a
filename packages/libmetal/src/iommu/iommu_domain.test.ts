import {
  bufferMemory,
  type DeviceAccess,
  type IommuDomain,
  iommuDomain,
  type IommuFault,
  type Memory,
  type PeerAccess,
} from "@openamp/libmetal";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count } from "../../../../tools/counts.ts";
import { manualClock } from "../../fixtures/manual_clock.ts";
import { outcome } from "../../fixtures/outcome.ts";

/** At the long count it takes minutes. */
const LONG = { timeout: 1_200_000 };

const refusal = (code: string): unknown => expect.objectContaining({ name: "MetalError", code });
const PAGE = 4096;

function memory(name: string, physicalAddress: number, pages: number): Memory {
  return bufferMemory({ name, physicalAddress, buffer: new ArrayBuffer(pages * PAGE) });
}

/** Where each page of a domain leads: the model. */
interface Leaf {
  readonly memory: Memory;
  readonly page: number;
  readonly access: DeviceAccess;
}

const ACCESSES: readonly DeviceAccess[] = ["read", "write", "read-write"];

/** Pages at 0x1000 to 0x40fff. */
const FIRST = 1;
const COUNT = 64;

const step = fc.record({
  map: fc.boolean(),
  page: fc.nat(COUNT),
  pages: fc.integer({ min: 1, max: 9 }),
  second: fc.boolean(),
  offset: fc.nat(15),
  access: fc.constantFrom(...ACCESSES),
});

/** What the table says of a range: the place of its first byte, or why there is none. */
function lookUp(
  table: ReadonlyMap<number, Leaf>,
  iova: number,
  length: number,
  access: PeerAccess | undefined,
): { memory: Memory; offset: number } | IommuFault["reason"] {
  const leaves: (Leaf | undefined)[] = [];
  for (let page = Math.floor(iova / PAGE); page * PAGE < iova + length; page++) {
    leaves.push(table.get(page));
  }
  const [first] = leaves;
  if (first === undefined || leaves.includes(undefined)) return "unmapped";
  const forbidden = leaves.some(
    (leaf) => access !== undefined && leaf?.access !== "read-write" && leaf?.access !== access,
  );
  if (forbidden) return "protection";
  const together = leaves.every(
    (leaf, at) =>
      leaf?.memory === first.memory &&
      leaf.page === first.page + at &&
      leaf.access === first.access,
  );
  if (!together) return "scattered";
  return { memory: first.memory, offset: first.page * PAGE + (iova % PAGE) };
}

describe("an IOMMU domain", () => {
  test("leads where a plain table of pages leads, whatever is mapped and unmapped", LONG, () => {
    // Half of the greatest length, on average.
    const perRun = 200;
    const memories = [memory("low", 0x100000, 16), memory("high", 0x900000, 16)] as const;
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 2 * perRun, size: "max" }),
        fc.array(fc.tuple(fc.nat((COUNT + 2) * PAGE), fc.nat(5 * PAGE), fc.nat(2)), {
          minLength: 8,
          maxLength: 8,
        }),
        (steps, looks) => {
          const domain = iommuDomain({ last: (FIRST + COUNT) * PAGE - 1 });
          const table = new Map<number, Leaf>();
          const wrong: string[] = [];
          const hold = (what: string, actual: unknown, expected: unknown): void => {
            if (!Object.is(actual, expected))
              wrong.push(`${what}: ${String(actual)}, not ${String(expected)}`);
          };
          for (const [index, { map, page, pages, second, offset, access }] of steps.entries()) {
            const from = FIRST + page;
            const of = memories[second ? 1 : 0];
            const range = Array.from({ length: pages }, (_, at) => from + at);
            const inside = from + pages <= FIRST + COUNT && (!map || offset + pages <= 16);
            const free = range.every((each) => !table.has(each));
            const mapped = range.every((each) => table.has(each));
            const actual = outcome(() =>
              map
                ? domain.map(from * PAGE, of, offset * PAGE, pages * PAGE, access)
                : domain.unmap(from * PAGE, pages * PAGE),
            );
            const possible = map ? (free ? "done" : "OVERLAP") : mapped ? "done" : "NOT_FOUND";
            const expected = inside ? possible : "OUT_OF_RANGE";
            hold(map ? "map" : "unmap", actual, expected);
            if (expected === "done") {
              for (const [at, each] of range.entries()) {
                if (map) table.set(each, { memory: of, page: offset + at, access });
                else table.delete(each);
              }
            }
            hold("mapped", domain.mapped, table.size * PAGE);
            if (index % 8 !== 0) continue;
            for (const [iova, more, kind] of looks) {
              const wanted = ([undefined, "read", "write"] as const)[kind];
              const length = more + 1;
              const place = lookUp(table, iova, length, wanted);
              const before = domain.faults;
              const window = domain.resolve(iova, length, wanted);
              if (typeof place === "string") {
                hold("window", window, undefined);
                hold("faults", domain.faults, before + 1);
                hold("reason", domain.lastFault?.reason, place);
                hold("address", domain.lastFault?.iova, iova);
                continue;
              }
              hold("faults", domain.faults, before);
              hold("memory", window?.memory, place.memory);
              hold("words", window?.words, place.memory.words);
              hold("offset", iova - (window?.bias ?? 0), place.offset);
              if (wanted === undefined) continue;
              const physical = domain.translate(iova, length, wanted);
              hold("physical", physical, place.memory.physicalAt(place.offset));
            }
          }
          expect(wrong).toEqual([]);
          let end = 0;
          for (const window of domain.windows) {
            expect(window.size).toBeGreaterThan(0);
            expect(window.address).toBeGreaterThanOrEqual(end);
            end = window.address + window.size;
          }
        },
      ),
      { numRuns: Math.ceil(count("maps and unmaps of an IOMMU domain") / perRun) },
    );
  });

  test("ends a window in place, so that whoever has kept it finds nothing in it", () => {
    const domain = iommuDomain();
    const ddr = memory("ddr", 0x100000, 8);
    domain.map(0x10000, ddr, 0, 8 * PAGE, "read-write");
    const kept = domain.resolve(0x14000, 4, "read");
    domain.unmap(0x12000, PAGE);
    // The head stays the window that it was, and the tail is another.
    expect([kept?.address, kept?.size]).toEqual([0x10000, 2 * PAGE]);
    const tail = domain.resolve(0x14000, 4, "read");
    expect([tail?.address, tail?.size, 0x14000 - (tail?.bias ?? 0)]).toEqual([
      0x13000, 0x5000, 0x4000,
    ]);
    domain.unmap(0x10000, 2 * PAGE);
    domain.unmap(0x13000, PAGE);
    expect([kept?.size, tail?.address, tail?.size]).toEqual([0, 0x14000, 0x4000]);
    domain.unmap(0x14000, 4 * PAGE);
    expect([tail?.size, domain.windows, domain.mapped]).toEqual([0, [], 0]);
  });

  test("ends a window that was joined with the one before it, for whoever has kept it", () => {
    const domain = iommuDomain();
    const ddr = memory("ddr", 0x100000, 3);
    domain.map(0x10000, ddr, 0, PAGE, "read");
    domain.map(0x12000, ddr, 2 * PAGE, PAGE, "read");
    const kept = domain.resolve(0x12000, 4, "read");
    domain.map(0x11000, ddr, PAGE, PAGE, "read");
    expect(domain.windows.map(({ size }) => size)).toEqual([3 * PAGE]);
    expect(kept?.size).toBe(0);
  });

  test("joins what goes on in addresses, memory and rights, and nothing else", () => {
    const domain = iommuDomain();
    const ddr = memory("ddr", 0x100000, 8);
    const other = memory("other", 0x200000, 8);
    domain.map(0x10000, ddr, 0, PAGE, "read-write");
    domain.map(0x12000, ddr, 2 * PAGE, PAGE, "read-write");
    domain.map(0x11000, ddr, PAGE, PAGE, "read-write");
    domain.map(0x13000, ddr, 3 * PAGE, PAGE, "read");
    domain.map(0x14000, other, 4 * PAGE, PAGE, "read");
    domain.map(0x15000, other, 6 * PAGE, PAGE, "read");
    expect(domain.windows.map(({ address, size }) => [address, size])).toEqual([
      [0x10000, 3 * PAGE],
      [0x13000, PAGE],
      [0x14000, PAGE],
      [0x15000, PAGE],
    ]);
    expect(domain.resolve(0x10ff0, 2 * PAGE, "write")).toBeDefined();
    expect(domain.resolve(0x12ffc, 8, "read")).toBeUndefined();
    expect(domain.lastFault?.reason).toBe("scattered");
    expect(domain.resolve(0x12ffc, 8, "write")).toBeUndefined();
    expect(domain.lastFault?.reason).toBe("protection");
  });

  test("translates only what lies together in physical memory too", () => {
    const pages = { pageSize: PAGE, addresses: [0x9000, 0xa000, 0x4000] };
    const buffer = new ArrayBuffer(3 * PAGE);
    const paged = bufferMemory({ name: "paged", physicalAddress: pages, buffer });
    const domain = iommuDomain();
    domain.map(0x10000, paged, 0, 3 * PAGE, "read");
    expect(domain.translate(0x10010, 2 * PAGE - 16, "read")).toBe(0x9010);
    expect(domain.translate(0x12010, 16, "read")).toBe(0x4010);
    expect(() => domain.translate(0x11ff0, 32, "read")).toThrow(refusal("FAULT"));
    expect(domain.lastFault?.reason).toBe("scattered");
    // In one memory they do: there, the processor has them one after the other.
    expect(domain.resolve(0x11ff0, 32, "read")).toBeDefined();
  });

  test.each([
    [NaN, 4],
    [-0x10000, 4],
    [0x10000 + 0.5, 4],
    [0x10000, 0.5],
    [0x10000, NaN],
    [0x10000, -4],
    [0x10000, Infinity],
    [Infinity, 4],
    [2 ** 64 - PAGE, 2 * PAGE],
    [0x10000 - 1, 2],
    [0x10000 + PAGE - 1, 2],
    [0x10000 + 2 ** 32, 4],
    [0, 4],
  ])("T12 faults at %d, %d bytes", (iova, length) => {
    const domain = iommuDomain();
    domain.map(0x10000, memory("ddr", 0x100000, 1), 0, PAGE, "read-write");
    expect(domain.resolve(iova, length)).toBeUndefined();
    expect(domain.resolve(iova, length, "write")).toBeUndefined();
    expect(() => domain.translate(iova, length, "read")).toThrow(refusal("FAULT"));
    expect(domain.faults).toBe(3);
  });

  test.each<[string, (domain: IommuDomain, ddr: Memory) => void]>([
    ["MISALIGNED", (domain, ddr) => domain.map(0x10010, ddr, 0, PAGE, "read")],
    ["MISALIGNED", (domain, ddr) => domain.map(0x10000, ddr, 16, PAGE, "read")],
    ["MISALIGNED", (domain, ddr) => domain.map(0x10000, ddr, 0, PAGE / 2, "read")],
    ["MISALIGNED", (domain, ddr) => domain.map(NaN, ddr, 0, PAGE, "read")],
    ["MISALIGNED", (domain, ddr) => domain.map(0x10000, ddr, 0, NaN, "read")],
    ["OUT_OF_RANGE", (domain, ddr) => domain.map(0x10000, ddr, 0, 0, "read")],
    ["OUT_OF_RANGE", (domain, ddr) => domain.map(0x10000, ddr, 0, -PAGE, "read")],
    ["OUT_OF_RANGE", (domain, ddr) => domain.map(0, ddr, 0, PAGE, "read")],
    ["OUT_OF_RANGE", (domain, ddr) => domain.map(-PAGE, ddr, 0, PAGE, "read")],
    ["OUT_OF_RANGE", (domain, ddr) => domain.map(2 ** 48 - PAGE, ddr, 0, 2 * PAGE, "read")],
    ["OUT_OF_RANGE", (domain, ddr) => domain.map(0x10000, ddr, PAGE, 2 * PAGE, "read")],
    ["OUT_OF_RANGE", (domain, ddr) => domain.map(0x10000, ddr, -PAGE, PAGE, "read")],
    ["OUT_OF_RANGE", (domain, ddr) => domain.map(0x10000, ddr, NaN, PAGE, "read")],
    ["OVERLAP", (domain, ddr) => domain.map(0x1f000, ddr, 0, 2 * PAGE, "read")],
    ["NOT_FOUND", (domain) => domain.unmap(0x20000, 2 * PAGE)],
    ["NOT_FOUND", (domain) => domain.unmap(0x1f000, 2 * PAGE)],
    ["MISALIGNED", (domain) => domain.unmap(0x20000, 100)],
    ["OUT_OF_RANGE", (domain) => domain.unmap(0x20000, 0)],
  ])("%s, and nothing is changed: %o", (code, act) => {
    const domain = iommuDomain();
    const ddr = memory("ddr", 0x100000, 2);
    domain.map(0x20000, ddr, PAGE, PAGE, "read");
    expect(() => act(domain, ddr)).toThrow(refusal(code));
    expect(domain.windows.map(({ address, size }) => [address, size])).toEqual([[0x20000, PAGE]]);
    expect(domain.mapped).toBe(PAGE);
  });

  test("MISALIGNED: memory whose pages are smaller than the domain's", () => {
    const odd = bufferMemory({
      name: "odd",
      physicalAddress: 0x800,
      buffer: new ArrayBuffer(PAGE),
    });
    expect(() => iommuDomain().map(0x1000, odd, 0, PAGE, "read")).toThrow(refusal("MISALIGNED"));
    const physicalAddress = { pageSize: 1024, addresses: [0x1000, 0x1400, 0x2000, 0x2400] };
    const small = bufferMemory({ name: "small", physicalAddress, buffer: new ArrayBuffer(PAGE) });
    expect(() => iommuDomain().map(0x1000, small, 0, PAGE, "read")).toThrow(refusal("MISALIGNED"));
    const fine = iommuDomain({ pageSizes: [2048] });
    expect(() => fine.map(0x1000, small, 0, PAGE, "read")).not.toThrow();
  });

  test.each([
    { pageSizes: [] },
    { pageSizes: [2] },
    { pageSizes: [4096, 5000] },
    { pageSizes: [4096, 2 ** 49 + 1] },
    { pageSizes: [NaN] },
    { first: 1 },
    { first: -4096 },
    { last: 4096 },
    { last: 2 ** 53 + 4095 },
    { first: 0x10000, last: 0xffff },
    { last: NaN },
  ])("INVALID_ARGUMENT: %o", (options) => {
    expect(() => iommuDomain(options)).toThrow(refusal("INVALID_ARGUMENT"));
  });

  test("has its pages sorted, and all addresses from one page on", () => {
    const domain = iommuDomain({ pageSizes: [0x200000, 0x1000] });
    expect(domain.pageSizes).toEqual([0x1000, 0x200000]);
    expect(domain.aperture).toEqual({ first: 0x1000, last: 2 ** 48 - 1 });
  });
});

describe("the faults of a domain", () => {
  test("T47 are all counted, and told of ten times in five seconds", () => {
    const clock = manualClock();
    const lines: string[] = [];
    const told: IommuFault[] = [];
    const domain = iommuDomain({
      name: "r5\u001b",
      clock,
      logger: { log: (_, line) => void lines.push(line) },
      onFault: (fault) => void told.push(fault),
    });
    for (let access = 0; access < 1000; access++) domain.resolve(0x1000 + access, 4, "write");
    expect([domain.faults, told.length, lines.length]).toEqual([1000, 10, 10]);
    expect(lines[0]).toBe(
      "r5\\x1b: Unhandled context fault: iova=0x1000, 4 bytes, write: unmapped",
    );
    expect(told[9]).toEqual({ iova: 0x1009, length: 4, access: "write", reason: "unmapped" });
    clock.advance(4999);
    domain.resolve(NaN, 4);
    expect(told).toHaveLength(10);
    clock.advance(1);
    domain.resolve(NaN, 4);
    expect(lines.at(-1)).toBe(
      "r5\\x1b: Unhandled context fault: iova=NaN, 4 bytes, look: unmapped",
    );
  });

  test("refuse the device, whatever those say who hear of it", () => {
    const domain = iommuDomain({
      onFault: () => {
        throw new Error("listener");
      },
    });
    expect(domain.resolve(0x1000, 4, "read")).toBeUndefined();
    expect(domain.faults).toBe(1);
  });
});
