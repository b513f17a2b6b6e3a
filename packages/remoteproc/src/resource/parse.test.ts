import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RemoteprocError } from "../error.ts";
import { inspectResourceTable, parseResourceTable, RESOURCE_TABLE_MAX_ENTRIES } from "./parse.ts";

/** Bytes of little-endian 32-bit words. */
function words(...values: readonly number[]): readonly number[] {
  return values.flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff));
}

function nameField(text: string): readonly number[] {
  return Array.from({ length: 32 }, (_, index) => text.charCodeAt(index) || 0);
}

/** A table with these entries, written word by word and so without the layout data under test. */
function tableOf(...entries: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  let end = 16 + 4 * entries.length;
  const offsets = entries.map((entry) => (end += entry.length) - entry.length);
  return Uint8Array.from([...words(1, entries.length, 0, 0, ...offsets), ...entries.flat()]);
}

const CARVEOUT = [...words(0, 0x2100_0000, 0xffff_ffff, 0x8000, 3, 0), ...nameField("text")];
const DEVMEM = [...words(1, 0x4000_0000, 0x4000_1000, 0x1000, 1, 0), ...nameField("uart")];
const TRACE = [...words(2, 0x2100_f000, 0x400, 0), ...nameField("trace\u001b[2J")];

function vdev(
  vrings: readonly (readonly number[])[] = [
    words(0x21f0_0000, 16, 32, 0, 7),
    words(0xffff_ffff, 4096, 256, 0xffff_ffff, 0),
  ],
  config: readonly number[] = [1, 2, 3, 4],
): readonly number[] {
  return [
    ...words(3, 7, 31, 1, 0x80, config.length),
    4,
    vrings.length,
    0,
    0,
    ...vrings.flat(),
    ...config,
  ];
}

const SAMPLE = tableOf(CARVEOUT, DEVMEM, TRACE, vdev(), words(200, 8, 0xabcd), words(9));
const SAMPLE_VDEV = 16 + 6 * 4 + 56 + 56 + 48;

type Change = readonly [offset: number, size: 1 | 4, value: number];

function changed(bytes: Uint8Array, ...changes: readonly Change[]): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  for (const [offset, size, value] of changes) {
    if (size === 1) view.setUint8(offset, value);
    else view.setUint32(offset, value, true);
  }
  return copy;
}

/** Why the table is refused; `undefined` where it is accepted. No other error is let pass. */
function refusal(bytes: Uint8Array): RemoteprocError | undefined {
  try {
    parseResourceTable(bytes, { name: "echo.elf" });
  } catch (error) {
    if (RemoteprocError.isRemoteprocError(error)) return error;
    throw error;
  }
  return undefined;
}

/**
 * Whether the table is refused for the first problem that inspection lists, or is accepted and has
 * none; and whether all that inspection reads lies inside.
 */
function isHandled(bytes: Uint8Array): boolean {
  const { entries, problems } = inspectResourceTable(bytes, { name: "echo.elf" });
  const error = refusal(bytes);
  return (
    error?.code === problems[0]?.code &&
    error?.message === problems[0]?.message &&
    entries.every(
      (entry) =>
        entry.offset + 4 <= bytes.length &&
        (entry.type !== "vdev" || entry.configOffset + entry.config.length <= bytes.length),
    )
  );
}

describe("parseResourceTable()", () => {
  test("reads every type of entry", () => {
    expect(parseResourceTable(SAMPLE)).toEqual({
      size: SAMPLE.length,
      entries: [
        {
          type: "carveout",
          index: 0,
          offset: 40,
          da: 0x2100_0000,
          pa: 0xffff_ffff,
          len: 0x8000,
          flags: 3,
          name: "text",
        },
        {
          type: "devmem",
          index: 1,
          offset: 96,
          da: 0x4000_0000,
          pa: 0x4000_1000,
          len: 0x1000,
          flags: 1,
          name: "uart",
        },
        {
          type: "trace",
          index: 2,
          offset: 152,
          da: 0x2100_f000,
          len: 0x400,
          name: "trace\u001b[2J",
        },
        {
          type: "vdev",
          index: 3,
          offset: SAMPLE_VDEV,
          id: 7,
          notifyid: 31,
          dfeatures: 1,
          gfeatures: 0x80,
          status: 4,
          vrings: [
            {
              offset: SAMPLE_VDEV + 28,
              da: 0x21f0_0000,
              align: 16,
              num: 32,
              notifyid: 0,
              pa: 7,
            },
            {
              offset: SAMPLE_VDEV + 48,
              da: 0xffff_ffff,
              align: 4096,
              num: 256,
              notifyid: 0xffff_ffff,
              pa: 0,
            },
          ],
          configOffset: SAMPLE_VDEV + 68,
          config: Uint8Array.of(1, 2, 3, 4),
        },
        {
          type: "vendor",
          index: 4,
          offset: SAMPLE_VDEV + 72,
          resourceType: 200,
          data: Uint8Array.from(words(8, 0xabcd, 9)),
        },
        { type: "unknown", index: 5, offset: SAMPLE_VDEV + 84, resourceType: 9 },
      ],
    });
  });

  test("accepts a table without entries and one that bytes follow", () => {
    expect(parseResourceTable(tableOf()).entries).toEqual([]);
    const { size, entries } = parseResourceTable(Uint8Array.of(...SAMPLE, 1, 2, 3));
    expect(size).toBe(SAMPLE.length + 3);
    expect(entries).toHaveLength(6);
  });

  test.each([
    [4, "unknown"],
    [127, "unknown"],
    [128, "vendor"],
    [512, "vendor"],
    [513, "unknown"],
    [0xffff_ffff, "unknown"],
  ])("takes type %i for %s", (resourceType, type) => {
    const [entry] = parseResourceTable(tableOf(words(resourceType))).entries;
    expect(entry).toMatchObject({ type, resourceType });
  });

  test("reads at most 31 characters of a name that does not end", () => {
    const entry = [...words(0, 0, 0, 0, 0, 0), ...nameField("x".repeat(32))];
    const [carveout] = parseResourceTable(tableOf(entry)).entries;
    expect(carveout).toMatchObject({ name: "x".repeat(31) });
  });

  test("accepts a device without vrings or configuration", () => {
    const [entry] = parseResourceTable(tableOf(vdev([], []))).entries;
    expect(entry).toMatchObject({ vrings: [], configOffset: 48, config: new Uint8Array() });
  });

  test("names the table, the entry and the rule", () => {
    const cut = changed(SAMPLE, [16 + 8, 4, SAMPLE.length - 4], [SAMPLE.length - 4, 4, 2]);
    expect(refusal(cut)?.message).toBe(
      `The resource table of echo.elf is malformed in entry 2 at byte ${SAMPLE.length - 4}: ` +
        "it takes 48 bytes, 4 are left",
    );
    expect(refusal(new Uint8Array(15))?.message).toBe(
      "The resource table of echo.elf is malformed: its head takes 16 bytes, it has 15",
    );
  });
});

describe("inspectResourceTable()", () => {
  test("lists each problem and reads what can be read", () => {
    const broken = changed(
      SAMPLE,
      [8, 4, 1],
      [16 + 4, 4, 0x1000],
      [SAMPLE_VDEV + 26, 1, 1],
      [SAMPLE_VDEV + 28 + 4, 4, 3],
      [SAMPLE_VDEV + 48 + 8, 4, 0],
    );
    const { entries, problems } = inspectResourceTable(broken);
    expect(entries.map(({ index }) => index)).toEqual([0, 2, 3, 4, 5]);
    expect(problems.map(({ code, entry }) => [code, entry])).toEqual([
      ["TABLE_RESERVED", undefined],
      ["TABLE_ENTRY_TRUNCATED", 1],
      ["TABLE_RESERVED", 3],
      ["VRING_ALIGN", 3],
      ["VRING_SIZE", 3],
    ]);
  });
});

describe("T37 the head and the offsets", () => {
  test("T37 a table cut at any byte", () => {
    const bytes = tableOf(CARVEOUT, TRACE, vdev());
    for (let size = 0; size < bytes.length; size++) {
      const cut = bytes.subarray(0, size);
      const code = size < 28 ? "TABLE_TRUNCATED" : "TABLE_ENTRY_TRUNCATED";
      expect(refusal(cut)?.code).toBe(code);
    }
  });

  test.each([0, 2, 0x0100_0000, 0xffff_ffff])("T37 version %i", (version) => {
    expect(refusal(changed(SAMPLE, [0, 4, version]))?.code).toBe("TABLE_VERSION");
  });

  test.each([8, 11, 12, 15])("T37 a reserved byte at %i", (offset) => {
    expect(refusal(changed(SAMPLE, [offset, 1, 1]))?.code).toBe("TABLE_RESERVED");
  });

  test("T37 num from what fits to 2^32 - 1", () => {
    const fits = (SAMPLE.length - 16) / 4;
    for (const num of [fits + 1, 0x3fff_fffc, 0x4000_0000, 0x8000_0000, 0xffff_ffff]) {
      expect(refusal(changed(SAMPLE, [4, 4, num]))?.code).toBe("TABLE_TRUNCATED");
    }
    for (let num = 0; num <= fits; num++)
      expect(isHandled(changed(SAMPLE, [4, 4, num]))).toBe(true);
  });

  test("T37 more entries than are read", () => {
    const entries = Array.from({ length: RESOURCE_TABLE_MAX_ENTRIES }, () => words(9));
    expect(parseResourceTable(tableOf(...entries)).entries).toHaveLength(entries.length);
    expect(refusal(tableOf(...entries, words(9)))?.code).toBe("TABLE_ENTRIES");
  });

  test("T37 offsets anywhere", () => {
    const offsets = [0xffff_ffff, 0xffff_fffc, 0x8000_0000, SAMPLE.length, SAMPLE.length - 3];
    for (const offset of offsets) {
      expect(refusal(changed(SAMPLE, [16, 4, offset]))?.code).toBe("TABLE_ENTRY_TRUNCATED");
    }
    for (const offset of [0, 4, 16, 36]) {
      expect(refusal(changed(SAMPLE, [16, 4, offset]))?.code).toBe("TABLE_ENTRY_OVERLAP");
    }
    for (const offset of [41, 42, 43]) {
      expect(refusal(changed(SAMPLE, [16, 4, offset]))?.code).toBe("TABLE_ENTRY_ALIGN");
    }
    for (let offset = 0; offset < SAMPLE.length + 8; offset++) {
      expect(isHandled(changed(SAMPLE, [16, 4, offset]))).toBe(true);
    }
  });

  test("T37 two entries in one place, and one inside another", () => {
    expect(refusal(changed(SAMPLE, [16 + 4, 4, 40]))?.code).toBe("TABLE_ENTRY_OVERLAP");
    const inside = changed(SAMPLE, [16 + 16, 4, SAMPLE_VDEV + 52], [16 + 20, 4, SAMPLE_VDEV + 60]);
    expect(inspectResourceTable(inside).problems).toEqual(
      [4, 5].map((entry) => ({
        code: "TABLE_ENTRY_OVERLAP",
        message: expect.stringMatching(/: it overlaps entry 3$/),
        entry,
      })),
    );
  });

  test.each([
    ["carveout", CARVEOUT, 20],
    ["devmem", DEVMEM, 20],
    ["trace", TRACE, 12],
    ["vdev", vdev(), 26],
  ])("T37 reserved bytes of a %s", (_, entry, offset) => {
    expect(refusal(changed(tableOf(entry), [20 + offset + 1, 1, 1]))?.code).toBe("TABLE_RESERVED");
  });

  test("T37 any bytes changed anywhere, and any cut", () => {
    const change = fc.record({ offset: fc.nat(SAMPLE.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 10 }),
        fc.nat(SAMPLE.length),
        fc.boolean(),
        (changes, size, cut) => {
          const bytes = changed(
            SAMPLE,
            ...changes.map(({ offset, value }): Change => [offset, 1, value]),
          );
          expect(isHandled(cut ? bytes.slice(0, size) : bytes)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("T37 any bytes at all behind a sound version", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        expect(isHandled(Uint8Array.of(1, 0, 0, 0, ...tail))).toBe(true);
      }),
    );
  });
});

describe("T38 sizes of a vdev entry", () => {
  test("T38 every vring count with config_len around 0, the end and 2^32", () => {
    const bytes = tableOf(vdev());
    const avail = bytes.length - 20;
    for (let count = 0; count < 256; count++) {
      const left = avail - 28 - 20 * count;
      const lengths = [0, left, left + 1, 0xffff_ffff, 0xffff_fff0, 2 ** 32 - 28 - 20 * count];
      for (const length of lengths.filter((each) => each >= 0)) {
        const bad = changed(bytes, [20 + 25, 1, count], [20 + 20, 4, length]);
        expect(refusal(bad)?.code === "TABLE_ENTRY_TRUNCATED").toBe(length > left);
        expect(isHandled(bad)).toBe(true);
      }
    }
  });

  test("T38 more than two vrings that all lie inside", () => {
    const vring = words(0, 16, 16, 0xffff_ffff, 0);
    expect(parseResourceTable(tableOf(vdev([vring, vring]))).entries).toHaveLength(1);
    for (const count of [3, 255]) {
      const bytes = tableOf(vdev(Array.from({ length: count }, () => vring)));
      expect(refusal(bytes)?.code).toBe("VDEV_VRINGS");
    }
  });
});

/** A device with one ring. */
function ring(num: number, align: number): Uint8Array<ArrayBuffer> {
  return tableOf(vdev([words(0, align, num, 1, 0)]));
}

describe("rings of a vdev entry", () => {
  test("T19 every 16-bit queue size, and sizes beyond", () => {
    const legal = new Set(Array.from({ length: 16 }, (_, exponent) => 2 ** exponent));
    const bytes = ring(1, 16);
    const view = new DataView(bytes.buffer);
    for (const num of [...Array(65536).keys(), 65536, 65537, 0x8000_0000, 0xffff_ffff]) {
      view.setUint32(20 + 28 + 8, num, true);
      const { problems } = inspectResourceTable(bytes);
      expect(problems.map(({ code }) => code)).toEqual(legal.has(num) ? [] : ["VRING_SIZE"]);
    }
  });

  test.each([0, 1, 2, 3, 5, 6, 4095, 65537, 131072, 0x8000_0000, 0xffff_ffff])(
    "T20 alignment %i is refused",
    (align) => {
      expect(refusal(ring(16, align))?.code).toBe("VRING_ALIGN");
    },
  );

  test.each([4, 16, 64, 4096, 65536])("T20 alignment %i is accepted", (align) => {
    const [entry] = parseResourceTable(ring(16, align)).entries;
    expect(entry).toMatchObject({ vrings: [{ align }] });
  });
});

describe("T40 bytes that change", () => {
  test("T40 the entries keep what was read when a live table changes later", () => {
    const live = new Uint8Array(new SharedArrayBuffer(SAMPLE.length));
    live.set(SAMPLE);
    const table = parseResourceTable(live);
    live.fill(0xff);
    expect(table).toEqual(parseResourceTable(SAMPLE));
    expect(() => parseResourceTable(live)).toThrow(RemoteprocError);
  });

  test("T40 only the given bytes of a larger buffer are read", () => {
    const around = new Uint8Array(SAMPLE.length + 64).fill(0xff);
    around.set(SAMPLE, 32);
    const given = around.subarray(32, 32 + SAMPLE.length);
    expect(parseResourceTable(given)).toEqual(parseResourceTable(SAMPLE));
  });
});
