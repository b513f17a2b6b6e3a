import { image } from "@openamp/firmware";
import { addressSpace, hostClock, memoryOver, silentLogger } from "@openamp/libmetal";
import { coherentModel, type MemoryModel, memoryModels, observedWords } from "@openamp/testing";
import { beforeAll, describe, expect, test } from "vitest";

import type { HostEnvironment, ProcessorResources } from "../driver/processor_driver.ts";
import { RESOURCE_TABLE } from "../resource/wire.ts";
import { ELF_MACHINES, ELF32_HEADER, ELF32_PROGRAM_HEADER } from "./elf/mod.ts";
import { parseElf } from "./elf/parse.ts";
import { loadElf } from "./load_elf.ts";

/** Where the board of @openamp/firmware has its memory, and its pool. */
const PSRAM = 0x21000000;
const SIZE = 0x100000;
const environment: HostEnvironment = { clock: hostClock, logger: silentLogger };
const arm = { machine: ELF_MACHINES.EM_ARM.value };

let echo: Uint8Array;
beforeAll(async () => {
  echo = await image("echo");
});

function board(model: MemoryModel = coherentModel) {
  let writes = 0;
  const sided = model.open(SIZE, PSRAM);
  const { memory: raw, host, remote } = sided;
  raw.setBlock(0, 0xee, SIZE);
  const words = observedWords(host.words, ({ action }) => {
    if (action === "write") writes++;
  });
  const memory = memoryOver("psram", PSRAM, host.kind, words);
  const space = addressSpace([{ name: "psram", address: PSRAM, memory }]);
  const pool = SIZE - 0x10000;
  const [doorbell] = [{ ring: () => undefined, listen: () => ({ [Symbol.dispose]() {} }) }];
  const resources: ProcessorResources = {
    da: space,
    bus: space,
    pool: { da: PSRAM + pool, bus: PSRAM + pool, size: SIZE - pool },
    doorbell,
  };
  return { raw, host, remote, resources, writes: () => writes, check: () => sided.check() };
}

describe.each(memoryModels)("loadElf, over $name", (model) => {
  test("writes each segment, and zeros up to its size in memory", async () => {
    const { raw, resources, check } = board(model);
    const loaded = await loadElf({ name: "echo.elf", source: echo }, resources, environment, arm);
    const elf = parseElf(echo);
    let bytes = 0;
    let zeros = 0;
    for (const { physicalAddress, memorySize, bytes: content } of elf.segments) {
      const memory = new Uint8Array(memorySize);
      raw.readBlock(physicalAddress - PSRAM, memory);
      expect(memory.subarray(0, content.length)).toEqual(content);
      expect(memory.subarray(content.length).every((each) => each === 0)).toBe(true);
      bytes += content.length;
      zeros += memorySize - content.length;
    }
    expect([bytes > 1000, zeros > 0]).toEqual([true, true]);
    expect(loaded).toMatchObject({ name: "echo.elf", size: echo.length, entry: elf.entry });
    const { resourceTable } = loaded;
    expect(resourceTable?.size).toBe(elf.resourceTable?.bytes.length);
    expect(raw.read32((resourceTable?.da ?? 0) - PSRAM)).toBe(1);
    check();
  });

  test("leaves alone what the processor wrote beside a segment since we last looked", async () => {
    const { raw, host, remote, resources, check } = board(model);
    const firmware = { name: "echo.elf", source: echo };
    await loadElf(firmware, resources, environment, arm);
    host.readBlock(0, new Uint8Array(SIZE));
    const { segments } = parseElf(echo);
    const inSegment = (at: number): boolean =>
      segments.some(
        ({ physicalAddress, memorySize }) =>
          at >= physicalAddress && at < physicalAddress + memorySize,
      );
    const beside = segments
      .map(({ physicalAddress, memorySize }) => physicalAddress + memorySize)
      .filter((at) => at % 32 !== 0 && !inSegment(at));
    expect(beside.length).toBeGreaterThan(0);
    for (const at of beside) remote.writeBlock(at - PSRAM, Uint8Array.of(0x5a));
    await loadElf(firmware, resources, environment, arm);
    expect(beside.map((at) => raw.read8(at - PSRAM))).toEqual(beside.map(() => 0x5a));
    check();
  });
});

describe("loadElf", () => {
  test("says of an image without a table that it has none", async () => {
    const firmware = { name: "bare.elf", source: await image("bare") };
    const loaded = await loadElf(firmware, board().resources, environment, arm);
    expect(loaded.resourceTable).toBeUndefined();
  });

  /** What is done to the file or to the board, and what that is called. */
  const faults: readonly (readonly [string, string, (view: DataView) => void])[] = [
    ["no ELF file", "ELF_MAGIC", (view) => view.setUint8(0, 0)],
    ["another machine", "ELF_MACHINE", (view) => view.setUint16(field("e_machine"), 243, true)],
    [
      "its last segment outside the memory",
      "SEGMENT_OUTSIDE_MEMORY",
      (view) => view.setUint32(segmentField(view, "p_paddr"), PSRAM + SIZE - 4, true),
    ],
    [
      "its last segment larger in the file than in memory",
      "ELF_SEGMENT_SIZE",
      (view) => view.setUint32(segmentField(view, "p_memsz"), 1, true),
    ],
    [
      "its last segment over its first",
      "SEGMENT_OVERLAP",
      (view) => view.setUint32(segmentField(view, "p_paddr"), PSRAM, true),
    ],
    [
      "its last segment over our rings",
      "SEGMENT_OVERLAP",
      (view) => view.setUint32(segmentField(view, "p_paddr"), PSRAM + SIZE - 0x10000, true),
    ],
    [
      "a table of another version",
      "TABLE_VERSION",
      (view) => view.setUint32(tableAt(view) + RESOURCE_TABLE.fields.ver.offset, 2, true),
    ],
    [
      "a table with more entries than it has bytes",
      "TABLE_TRUNCATED",
      (view) => view.setUint32(tableAt(view) + RESOURCE_TABLE.fields.num.offset, 1000, true),
    ],
  ];

  test.each(faults)("T36: %s: nothing is written", async (_, code, spoil) => {
    const { resources, writes } = board();
    const bytes = echo.slice();
    spoil(new DataView(bytes.buffer));
    const before = writes();
    const loading = loadElf({ name: "bad.elf", source: bytes }, resources, environment, arm);
    await expect(loading).rejects.toMatchObject({
      code,
      message: expect.stringContaining("bad.elf"),
    });
    expect(writes()).toBe(before);
  });

  test("T36: every cut of the file is refused before the first write, or loads whole", async () => {
    const { resources, writes } = board();
    for (let length = 0; length < echo.length; length += 211) {
      const before = writes();
      const source = echo.slice(0, length);
      const result = await loadElf({ name: "cut.elf", source }, resources, environment, arm).catch(
        (error: unknown) => error,
      );
      expect(result).toMatchObject({ name: "RemoteprocError" });
      expect(String(result)).toContain("cut.elf");
      expect(writes()).toBe(before);
    }
  });
});

describe("the file", () => {
  test("is read through the environment, and a failure of that keeps its words", async () => {
    const { resources, writes } = board();
    const asked: unknown[] = [];
    const read = async (source: unknown): Promise<Uint8Array> => {
      asked.push(source);
      if (source === "echo.elf") return echo;
      throw new Error(`Read ${String(source)}: there is no such file`);
    };
    const files = { read } as unknown as NonNullable<HostEnvironment["files"]>;
    const host = { ...environment, files };
    await loadElf({ name: "echo.elf", source: "echo.elf" }, resources, host, arm);
    const before = writes();
    const url = new URL("file:///missing.elf");
    await expect(
      loadElf({ name: "missing.elf", source: url }, resources, host, arm),
    ).rejects.toMatchObject({
      code: "DRIVER",
      message: "Read file:///missing.elf: there is no such file",
      cause: expect.any(Error),
    });
    expect([asked, writes()]).toEqual([["echo.elf", url], before]);
  });

  test("cannot be read where there are no files, and the name says which", async () => {
    const firmware = { name: "echo.elf", source: "/lib/firmware/echo.elf" };
    await expect(loadElf(firmware, board().resources, environment, arm)).rejects.toMatchObject({
      code: "DRIVER",
      message: "Read echo.elf: this environment has no files, give bytes",
    });
  });
});

function field(name: keyof typeof ELF32_HEADER.fields): number {
  return ELF32_HEADER.fields[name].offset;
}

/** Where the file has a field of its last segment with bytes. */
function segmentField(view: DataView, name: keyof typeof ELF32_PROGRAM_HEADER.fields): number {
  const elf = parseElf(new Uint8Array(view.buffer));
  const last = elf.segments.findLast(({ bytes }) => bytes.length > 1)?.index ?? 0;
  const table = view.getUint32(field("e_phoff"), true);
  return table + last * ELF32_PROGRAM_HEADER.size + ELF32_PROGRAM_HEADER.fields[name].offset;
}

function tableAt(view: DataView): number {
  return parseElf(new Uint8Array(view.buffer)).resourceTable?.offset ?? 0;
}
