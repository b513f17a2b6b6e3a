import { image } from "@openamp/firmware";
import {
  type AddressSpace,
  addressSpace,
  bufferMemory,
  hostClock,
  type Memory,
  memoryOver,
  silentLogger,
} from "@openamp/libmetal";
import {
  type CachedWords,
  doorbellPair,
  fakeClock,
  forgetfulWords,
  type MaintenanceCall,
  type NonCoherentMemory,
  nonCoherentMemory,
} from "@openamp/testing";
import type { VirtioDeviceTransport, VirtioDriverTransport } from "@openamp/virtio";
import { describe, expect, test } from "vitest";

import { fakeDriver, MEMORY, MEMORY_SIZE } from "../fixtures/fake_driver.ts";
import { ELF_MACHINES } from "./image/elf/mod.ts";
import { parseElf } from "./image/elf/parse.ts";
import { loadElf } from "./image/load_elf.ts";
import { createRemoteproc } from "./processor/remoteproc.ts";
import { buildResourceTable } from "./resource/build.ts";
import type { ResourceEntry, VdevEntry } from "./resource/entry.ts";
import { parseResourceTable } from "./resource/parse.ts";
import { FW_RSC_CARVEOUT, FW_RSC_VDEV, FW_RSC_VDEV_VRING } from "./resource/wire.ts";
import { tableDeviceTransport } from "./transport/table_device_transport.ts";
import { tableDriverTransport } from "./transport/table_driver_transport.ts";

const LINE = 64;
/** Where the board of @openamp/firmware has its memory. */
const PSRAM = 0x21000000;
/** Where the trace buffer lies in the memory, and its bytes. */
const TRACE = { offset: 0x8000, length: 64 };
/** Where the rings lie. */
const RINGS = [0x4000, 0x6000] as const;

const vring = { num: 4, align: LINE };
const table = buildResourceTable([
  { type: "carveout", name: "heap", len: 64 },
  { type: "trace", name: "trace0", da: MEMORY + TRACE.offset, len: TRACE.length },
  {
    type: "vdev",
    id: 7,
    dfeatures: 1,
    vrings: [vring, vring],
    config: new Uint8Array(8),
  },
]);
const vdev = vdevOf(parseResourceTable(table).entries);

function vdevOf(entries: readonly ResourceEntry[]): VdevEntry {
  for (const entry of entries) if (entry.type === "vdev") return entry;
  throw new Error("The table has a vdev");
}

/** Which call is left out, while `forgetting` is at work. */
interface Forgotten {
  readonly side: "host" | "remote";
  readonly action: MaintenanceCall["action"];
  /** Only calls that this accepts. Default: all. */
  readonly which?: (call: MaintenanceCall) => boolean;
}

interface Bench extends NonCoherentMemory {
  /** What the code under test uses: each leaves out what it is told to. */
  readonly hostMemory: Memory;
  readonly remoteMemory: Memory;
  /** The caches themselves, for what the test does. */
  readonly host: CachedWords;
  readonly remote: CachedWords;
  /** Calls that were left out. */
  readonly left: () => number;
  /** Does something, leaving out what is to be forgotten. */
  forgetting<Result>(action: () => Result | Promise<Result>): Promise<Result>;
}

function bench(forgotten: Forgotten | undefined, size: number, address: number): Bench {
  const { words } = bufferMemory({
    name: "ddr",
    physicalAddress: address,
    buffer: new SharedArrayBuffer(size),
  });
  const memory = nonCoherentMemory(words, { lineSize: LINE });
  const sides = { host: memory.side("host"), remote: memory.side("remote") };
  let active = false;
  let left = 0;
  const over = (side: "host" | "remote"): Memory => {
    const forgets = (call: MaintenanceCall): boolean => {
      const { which = () => true } = forgotten ?? {};
      const is = active && side === forgotten?.side && call.action === forgotten.action;
      if (!is || !which(call)) return false;
      left++;
      return true;
    };
    return memoryOver("ddr", address, "normal", forgetfulWords(sides[side], forgets));
  };
  return {
    ...memory,
    ...sides,
    hostMemory: over("host"),
    remoteMemory: over("remote"),
    left: () => left,
    async forgetting(action) {
      active = true;
      try {
        return await action();
      } finally {
        active = false;
      }
    },
  };
}

function spaceOf(memory: Memory): AddressSpace {
  return addressSpace([{ name: "ddr", address: memory.physicalAddress, memory }]);
}

interface TableBench extends Bench {
  readonly driver: VirtioDriverTransport;
  readonly device: VirtioDeviceTransport;
}

/** A table that the host has written, and both transports over it. */
function tableBench(forgotten: Forgotten | undefined): TableBench {
  const parts = bench(forgotten, MEMORY_SIZE, MEMORY);
  const { hostMemory, remoteMemory } = parts;
  const [toRemote, toHost] = doorbellPair();
  const place = { name: "virtio0", table: 0, entry: vdev };
  hostMemory.writeBlock(0, table);
  const driver = tableDriverTransport(
    { ...place, words: hostMemory.words, da: spaceOf(hostMemory), doorbell: toRemote },
    { ids: { vdev: 2, vrings: [0, 1] }, rings: RINGS.map((offset) => MEMORY + offset) },
  );
  const space = spaceOf(remoteMemory);
  const device = tableDeviceTransport({
    ...place,
    words: remoteMemory.words,
    da: space,
    bus: space,
    doorbell: toHost,
    clock: fakeClock(),
  });
  return { ...parts, driver, device };
}

/** Where a field of the device, and of its first ring, lies in the table. */
const at = (field: keyof typeof FW_RSC_VDEV.fields): number =>
  vdev.offset + FW_RSC_VDEV.fields[field].offset;
const ringAt = (field: keyof typeof FW_RSC_VDEV_VRING.fields): number =>
  (vdev.vrings[0]?.offset ?? NaN) + FW_RSC_VDEV_VRING.fields[field].offset;
const inTable = ({ offset }: MaintenanceCall): boolean => offset < table.length;

/** What a side reads as it should: anew. */
function look(side: CachedWords, offset: number, length: number): void {
  side.invalidate(offset, length);
  side.view(offset, length);
}

/** What a side writes as it should: into a line that is new, and flushed. */
function put(side: CachedWords, offset: number, ...bytes: number[]): void {
  side.invalidate(offset, bytes.length);
  side.copyIn(offset, Uint8Array.from(bytes), 0, bytes.length);
  side.flush(offset, bytes.length);
}

interface Row extends Forgotten {
  readonly title: string;
  readonly run: (forgotten: Forgotten | undefined) => Promise<Bench>;
}

/** One step on a table, before and after which each side does what is right. */
function onTable(
  row: Forgotten & { readonly title: string },
  steps: {
    readonly before?: (parts: TableBench) => unknown;
    readonly step: (parts: TableBench) => unknown;
    readonly after?: (parts: TableBench) => unknown;
  },
): Row {
  return {
    ...row,
    async run(forgotten) {
      const parts = tableBench(forgotten);
      await steps.before?.(parts);
      await parts.forgetting(() => steps.step(parts));
      await steps.after?.(parts);
      return parts;
    },
  };
}

/** A processor whose table is brought by `bring`, loaded. */
async function loaded(parts: Bench, bring: (memory: Memory) => void) {
  const fake = fakeDriver({ memory: parts.hostMemory, table });
  const driver = {
    ...fake,
    async load() {
      bring(parts.hostMemory);
      const resourceTable = { da: MEMORY, size: table.length };
      return { name: "echo.elf", size: 1, entry: MEMORY, resourceTable };
    },
  };
  const processor = createRemoteproc(driver);
  await parts.forgetting(() => processor.load({ name: "echo.elf", source: new Uint8Array(0) }));
  return processor;
}

const carveoutAt = parseResourceTable(table).entries[0]?.offset ?? NaN;
const isCarveout = ({ offset, length }: MaintenanceCall): boolean =>
  offset === carveoutAt && length === FW_RSC_CARVEOUT.size;

/** An image that is loaded a second time, and then read by the processor. */
async function loadTwice(forgotten: Forgotten | undefined): Promise<Bench> {
  const parts = bench(forgotten, 0x100000, PSRAM);
  const space = spaceOf(parts.hostMemory);
  const [doorbell] = doorbellPair();
  const pool = { da: PSRAM + 0xf0000, bus: PSRAM + 0xf0000, size: 0x10000 };
  const source = await image("echo");
  const load = () =>
    loadElf(
      { name: "echo.elf", source },
      { da: space, bus: space, pool, doorbell },
      { clock: hostClock, logger: silentLogger },
      { machine: ELF_MACHINES.EM_ARM.value },
    );
  await load();
  const segments = parseElf(source).segments.map(({ physicalAddress, memorySize }) => ({
    start: physicalAddress - PSRAM,
    size: memorySize,
  }));
  // The processor works: it writes behind a segment, into the same line.
  const beside = segments
    .map(({ start, size }) => start + size)
    .find((end) => end % LINE !== 0 && segments.every((each) => !holds(each, end)));
  if (beside === undefined) throw new Error("No segment of echo.elf ends within a line");
  look(parts.host, beside - 1, 2);
  put(parts.remote, beside, 0x5a);
  await parts.forgetting(load);
  for (const { start, size } of segments) look(parts.remote, start, size);
  look(parts.remote, beside, 1);
  return parts;
}

function holds(
  { start, size }: { readonly start: number; readonly size: number },
  place: number,
): boolean {
  return place >= start && place < start + size;
}

const ROWS: readonly Row[] = [
  onTable(
    { title: "flush of a word of the table", side: "host", action: "flush", which: inTable },
    {
      step: ({ driver }) => driver.setFeatures(1n),
      after: ({ remote }) => look(remote, at("gfeatures"), 4),
    },
  ),
  onTable(
    {
      title: "invalidate before a word of the table is written",
      side: "host",
      action: "invalidate",
    },
    {
      before({ host, remote }) {
        look(host, at("gfeatures"), 4);
        put(remote, at("status") + 2, 1);
      },
      step: ({ driver }) => driver.setFeatures(1n),
    },
  ),
  onTable(
    { title: "flush of the ring addresses", side: "host", action: "flush", which: inTable },
    {
      step: ({ driver }) => driver.createQueue(0),
      after: ({ remote }) => look(remote, ringAt("da"), 4),
    },
  ),
  onTable(
    { title: "flush of the status", side: "host", action: "flush" },
    {
      step: ({ driver }) => driver.setStatus(4),
      after: ({ remote }) => look(remote, at("status"), 1),
    },
  ),
  onTable(
    { title: "invalidate before the status is written", side: "host", action: "invalidate" },
    {
      before({ host, remote }) {
        look(host, at("status"), 1);
        put(remote, at("status") + 2, 1);
      },
      step: ({ driver }) => driver.setStatus(4),
    },
  ),
  onTable(
    { title: "invalidate before the status is read", side: "host", action: "invalidate" },
    {
      before({ host, remote }) {
        look(host, at("status"), 1);
        put(remote, at("status"), 0x40);
      },
      step: ({ driver }) => driver.getStatus(),
    },
  ),
  onTable(
    { title: "invalidate before the configuration is read", side: "host", action: "invalidate" },
    {
      before({ host, remote }) {
        look(host, vdev.configOffset, 8);
        put(remote, vdev.configOffset, 1, 2, 3);
      },
      step: ({ driver }) => driver.readConfig(0, new Uint8Array(8)),
    },
  ),
  onTable(
    { title: "invalidate before DRIVER_OK is looked for", side: "remote", action: "invalidate" },
    {
      async before({ driver, device }) {
        device.isReset();
        await driver.setStatus(4);
      },
      step: ({ device }) => device.isReset(),
    },
  ),
  onTable(
    { title: "invalidate before the status is told", side: "remote", action: "invalidate" },
    {
      step({ driver, device }) {
        const abort = new AbortController();
        const waiting = device.waitForDriver({ signal: abort.signal }).catch(() => undefined);
        // No ring comes with it, so that it is not looked at but for the message.
        return driver.setStatus(3).then(() => (abort.abort(), waiting));
      },
    },
  ),
  onTable(
    {
      title: "invalidate before a word of the table is read",
      side: "remote",
      action: "invalidate",
      which: inTable,
    },
    {
      async before({ driver, device, remote }) {
        look(remote, 0, table.length);
        await driver.setFeatures(1n);
        await driver.createQueue(0);
        await driver.setStatus(4);
        await device.waitForDriver();
        // What a cache fetches by itself may be older than what was written meanwhile.
        await driver.createQueue(0);
      },
      step: ({ device }) => device.openQueue(0),
    },
  ),
  {
    title: "invalidate before the live table is read",
    side: "host",
    action: "invalidate",
    which: ({ length }) => length === table.length,
    async run(forgotten) {
      const parts = bench(forgotten, MEMORY_SIZE, MEMORY);
      look(parts.host, 0, table.length);
      // Somebody else has loaded the firmware: a boot loader, or the processor itself.
      await loaded(parts, () => put(parts.remote, 0, ...table)).catch(() => undefined);
      return parts;
    },
  },
  {
    title: "flush of a carveout's address",
    side: "host",
    action: "flush",
    which: isCarveout,
    async run(forgotten) {
      const parts = bench(forgotten, MEMORY_SIZE, MEMORY);
      await loaded(parts, (memory) => memory.writeBlock(0, table));
      look(parts.remote, carveoutAt, FW_RSC_CARVEOUT.size);
      return parts;
    },
  },
  {
    title: "invalidate before a trace buffer is read",
    side: "host",
    action: "invalidate",
    async run(forgotten) {
      const parts = bench(forgotten, MEMORY_SIZE, MEMORY);
      const processor = await loaded(parts, (memory) => memory.writeBlock(0, table));
      const [trace] = processor.resources.traces;
      trace?.read();
      put(parts.remote, TRACE.offset, 0x68, 0x69, 0);
      await parts.forgetting(() => trace?.read());
      return parts;
    },
  },
  { title: "flush of a loaded image", side: "host", action: "flush", run: loadTwice },
  {
    title: "invalidate before an image is loaded",
    side: "host",
    action: "invalidate",
    run: loadTwice,
  },
];

describe("in memory that is not coherent", () => {
  test.each(ROWS)("with the $title by the $side, every write is seen", async ({ run }) => {
    const { faults } = await run(undefined);
    expect(faults).toEqual([]);
  });

  test.each(ROWS)("without the $title by the $side, a write is hidden or lost", async (row) => {
    const { faults, left } = await row.run(row);
    expect(left()).toBeGreaterThan(0);
    expect(faults.length).toBeGreaterThan(0);
  });
});
