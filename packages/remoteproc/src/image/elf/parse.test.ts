import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RemoteprocError } from "../../error.ts";
import type { ElfImage } from "./image.ts";
import { parseElf } from "./parse.ts";

/** Places in the sample image; the builder below holds itself to them. */
const PROGRAM_HEADERS = 52;
const CODE = PROGRAM_HEADERS + 3 * 32;
const CODE_SIZE = 40;
const TABLE = CODE + 16;
const TABLE_SIZE = 20;
const NAMES = CODE + CODE_SIZE;
const NAMES_TEXT = "\0.text\0.resource_table\0.bss\0.shstrtab\0";
const SECTION_HEADERS = NAMES + NAMES_TEXT.length + 1;
const FILE_SIZE = SECTION_HEADERS + 5 * 40;

/**
 * A sound image, written word by word in the order of the System V gABI and so without the layout
 * data that it tests: two segments and a note, a resource table in the first segment.
 */
function sample(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FILE_SIZE);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const u8 = (...values: readonly number[]) => {
    for (const value of values) view.setUint8(at++, value);
  };
  const u16 = (...values: readonly number[]) => {
    for (const value of values) view.setUint16((at += 2) - 2, value, true);
  };
  const u32 = (...values: readonly number[]) => {
    for (const value of values) view.setUint32((at += 4) - 4, value, true);
  };
  const reached = (place: number) => {
    if (at !== place) throw new Error(`Byte ${at} where ${place} was planned`);
  };
  u8(0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  u16(2, 40);
  u32(1, 0x2100_0009, PROGRAM_HEADERS, SECTION_HEADERS, 0x0500_0200);
  u16(52, 32, 3, 40, 5, 4);
  reached(PROGRAM_HEADERS);
  u32(1, CODE, 0x2100_0000, 0x2100_0000, CODE_SIZE, CODE_SIZE, 5, 4);
  u32(4, CODE, 0, 0, 8, 8, 4, 4);
  u32(1, 0, 0x2100_8000, 0x2100_9000, 0, 0x100, 6, 8);
  reached(CODE);
  u8(...Array.from({ length: CODE_SIZE }, (_, index) => index + 1));
  reached(NAMES);
  u8(...Array.from(NAMES_TEXT, (character) => character.charCodeAt(0)));
  at = SECTION_HEADERS;
  at += 40;
  u32(1, 1, 6, 0x2100_0000, CODE, 16, 0, 0, 4, 0);
  u32(7, 1, 2, 0x2100_0010, TABLE, TABLE_SIZE, 0, 0, 4, 0);
  u32(23, 8, 3, 0x2100_8000, 0, 0x100, 0, 0, 8, 0);
  u32(28, 3, 0, 0, NAMES, NAMES_TEXT.length, 0, 0, 1, 0);
  reached(FILE_SIZE);
  return bytes;
}

type Change = readonly [offset: number, size: 1 | 2 | 4, value: number];

function changed(...changes: readonly Change[]): Uint8Array<ArrayBuffer> {
  const bytes = sample();
  const view = new DataView(bytes.buffer);
  for (const [offset, size, value] of changes) {
    if (size === 1) view.setUint8(offset, value);
    else if (size === 2) view.setUint16(offset, value, true);
    else view.setUint32(offset, value, true);
  }
  return bytes;
}

function parse(bytes: Uint8Array): ElfImage {
  return parseElf(bytes, { name: "echo.elf" });
}

/** Why the bytes are refused; `undefined` where they are accepted. No other error is let pass. */
function refusal(bytes: Uint8Array): RemoteprocError | undefined {
  try {
    parse(bytes);
  } catch (error) {
    if (RemoteprocError.isRemoteprocError(error)) return error;
    throw error;
  }
  return undefined;
}

/** Whether the bytes are refused as they should be, or all that is accepted lies inside them. */
function isHandled(bytes: Uint8Array): boolean {
  if (refusal(bytes) !== undefined) return true;
  const { segments, resourceTable } = parse(bytes);
  const isPart = (offset: number, part: Uint8Array) =>
    offset + part.length <= bytes.length &&
    part.every((byte, index) => byte === bytes[offset + index]);
  return (
    segments.every(
      (segment) =>
        segment.bytes.length === segment.fileSize &&
        segment.fileSize <= segment.memorySize &&
        segment.physicalAddress + segment.memorySize <= 2 ** 32 &&
        isPart(segment.offset, segment.bytes),
    ) &&
    (resourceTable === undefined || isPart(resourceTable.offset, resourceTable.bytes))
  );
}

/** Section header fields of the sample. */
function sectionField(section: number, word: number): number {
  return SECTION_HEADERS + 40 * section + 4 * word;
}

describe("parseElf()", () => {
  test("reads everything that the loader needs", () => {
    const bytes = sample();
    expect(parse(bytes)).toEqual({
      name: "echo.elf",
      fileSize: FILE_SIZE,
      entry: 0x2100_0009,
      machine: 40,
      machineName: "Arm",
      segments: [
        {
          index: 0,
          physicalAddress: 0x2100_0000,
          virtualAddress: 0x2100_0000,
          flags: 5,
          offset: CODE,
          fileSize: CODE_SIZE,
          memorySize: CODE_SIZE,
          bytes: bytes.slice(CODE, CODE + CODE_SIZE),
        },
        {
          index: 2,
          physicalAddress: 0x2100_9000,
          virtualAddress: 0x2100_8000,
          flags: 6,
          offset: 0,
          fileSize: 0,
          memorySize: 0x100,
          bytes: new Uint8Array(),
        },
      ],
      sections: [
        { name: "", type: 0, flags: 0, address: 0, offset: 0, size: 0 },
        { name: ".text", type: 1, flags: 6, address: 0x2100_0000, offset: CODE, size: 16 },
        {
          name: ".resource_table",
          type: 1,
          flags: 2,
          address: 0x2100_0010,
          offset: TABLE,
          size: TABLE_SIZE,
        },
        { name: ".bss", type: 8, flags: 3, address: 0x2100_8000, offset: 0, size: 0x100 },
        {
          name: ".shstrtab",
          type: 3,
          flags: 0,
          address: 0,
          offset: NAMES,
          size: NAMES_TEXT.length,
        },
      ],
      resourceTable: {
        address: 0x2100_0010,
        loadAddress: 0x2100_0010,
        offset: TABLE,
        bytes: bytes.slice(TABLE, TABLE + TABLE_SIZE),
      },
    });
  });

  test("finds where the table is loaded when that is not where it runs", () => {
    const image = parse(changed([PROGRAM_HEADERS + 12, 4, 0x100]));
    expect(image.resourceTable).toMatchObject({ address: 0x2100_0010, loadAddress: 0x110 });
  });

  test("says when no segment carries the table, or none carries all of it", () => {
    const elsewhere = parse(changed([sectionField(2, 3), 4, 0]));
    expect(elsewhere.resourceTable).toMatchObject({ address: 0, loadAddress: undefined });
    const half = parse(changed([PROGRAM_HEADERS + 16, 4, CODE_SIZE - 8]));
    expect(half.resourceTable).toMatchObject({ address: 0x2100_0010, loadAddress: undefined });
  });

  test("reads a stripped file, which has no sections and no table", () => {
    const image = parse(changed([32, 4, 0], [48, 2, 0], [50, 2, 0]));
    expect(image.sections).toEqual([]);
    expect(image.resourceTable).toBeUndefined();
  });

  test("calls an image without a name the image", () => {
    expect(() => parseElf(new Uint8Array(4))).toThrow(/^The image is no ELF image/);
  });
});

describe("parseElf() refuses", () => {
  test.each([
    ["an empty file", new Uint8Array()],
    ["three bytes of the magic", Uint8Array.of(0x7f, 0x45, 0x4c)],
    ["a text", new TextEncoder().encode("This is a text and no firmware image at all, really.")],
  ])("%s", (_, bytes) => {
    expect(refusal(bytes)).toMatchObject({
      code: "ELF_MAGIC",
      message: "echo.elf is no ELF image: it does not start with the bytes 7f 45 4c 46",
    });
  });

  test("a file cut at any byte", () => {
    const bytes = sample();
    for (let size = 4; size < FILE_SIZE; size++) {
      expect(refusal(bytes.slice(0, size))?.code).toBe("ELF_TRUNCATED");
    }
    expect(refusal(bytes.slice(0, FILE_SIZE - 1))?.message).toBe(
      `echo.elf is cut: its section headers would end at byte ${FILE_SIZE}, ` +
        `the file has ${FILE_SIZE - 1} bytes`,
    );
  });

  test.each<readonly [string, string, readonly Change[]]>([
    ["an unknown class", "ELF_CLASS", [[4, 1, 3]]],
    ["no byte order", "ELF_BYTE_ORDER", [[5, 1, 0]]],
    ["a new EI_VERSION", "ELF_VERSION", [[6, 1, 2]]],
    ["a new e_version", "ELF_VERSION", [[20, 4, 2]]],
    ["an object file", "ELF_TYPE", [[16, 2, 1]]],
    ["a shared object", "ELF_TYPE", [[16, 2, 3]]],
    ["no program headers", "ELF_NO_SEGMENT", [[44, 2, 0]]],
    [
      "only segments of other types",
      "ELF_NO_SEGMENT",
      [
        [44, 2, 1],
        [PROGRAM_HEADERS, 4, 4],
      ],
    ],
    [
      "only an empty segment",
      "ELF_NO_SEGMENT",
      [
        [44, 2, 1],
        [PROGRAM_HEADERS + 16, 4, 0],
        [PROGRAM_HEADERS + 20, 4, 0],
      ],
    ],
    ["an entry point before the code", "ELF_ENTRY", [[24, 4, 0x20ff_ffff]]],
    ["an entry point behind the code", "ELF_ENTRY", [[24, 4, 0x2100_0000 + CODE_SIZE]]],
    ["an entry point in data", "ELF_ENTRY", [[24, 4, 0x2100_8000]]],
    ["no entry point", "ELF_ENTRY", [[24, 4, 0]]],
  ])("%s", (_, code, changes) => {
    expect(refusal(changed(...changes))?.code).toBe(code);
  });
});

describe("T34 header arithmetic", () => {
  test("T34 ELF64 in both byte orders", () => {
    const message = "echo.elf is an ELF64 image, this loader reads ELF32";
    for (const bytes of [changed([4, 1, 2]), changed([4, 1, 2], [5, 1, 2])]) {
      expect(refusal(bytes)).toMatchObject({ code: "ELF_CLASS", message });
    }
  });

  test("T34 big-endian", () => {
    expect(refusal(changed([5, 1, 2]))).toMatchObject({
      code: "ELF_BYTE_ORDER",
      message: "echo.elf is a big-endian image, this loader reads little-endian",
    });
  });

  test.each<readonly [string, string, readonly Change[]]>([
    ["e_phentsize too small", "ELF_PROGRAM_HEADER", [[42, 2, 31]]],
    ["e_phentsize 0", "ELF_PROGRAM_HEADER", [[42, 2, 0]]],
    ["e_phentsize of ELF64", "ELF_PROGRAM_HEADER", [[42, 2, 56]]],
    ["e_phnum PN_XNUM", "ELF_PROGRAM_HEADER", [[44, 2, 0xffff]]],
    ["e_phnum beyond the file", "ELF_TRUNCATED", [[44, 2, 0xfffe]]],
    ["e_phoff at the end", "ELF_TRUNCATED", [[28, 4, FILE_SIZE]]],
    ["e_phoff that wraps at 32 bits", "ELF_TRUNCATED", [[28, 4, 0xffff_ffe0]]],
    ["e_shentsize too small", "ELF_SECTION_HEADER", [[46, 2, 39]]],
    ["e_shentsize 0", "ELF_SECTION_HEADER", [[46, 2, 0]]],
    ["e_shentsize of ELF64", "ELF_SECTION_HEADER", [[46, 2, 64]]],
    ["e_shnum one too many", "ELF_TRUNCATED", [[48, 2, 6]]],
    ["e_shnum 0 with a table", "ELF_SECTION_HEADER", [[48, 2, 0]]],
    ["e_shnum of the reserved range", "ELF_SECTION_HEADER", [[48, 2, 0xff00]]],
    ["e_shoff that wraps at 32 bits", "ELF_TRUNCATED", [[32, 4, 0xffff_ff38]]],
    ["p_offset that wraps", "ELF_TRUNCATED", [[PROGRAM_HEADERS + 4, 4, 0xffff_fff0]]],
    [
      "p_filesz 1 byte too long",
      "ELF_TRUNCATED",
      [
        [PROGRAM_HEADERS + 16, 4, FILE_SIZE - CODE + 1],
        [PROGRAM_HEADERS + 20, 4, FILE_SIZE - CODE + 1],
      ],
    ],
    ["p_filesz > p_memsz", "ELF_SEGMENT_SIZE", [[PROGRAM_HEADERS + 20, 4, CODE_SIZE - 1]]],
    ["p_paddr + p_memsz > 2^32", "ELF_SEGMENT_SIZE", [[PROGRAM_HEADERS + 12, 4, 0xffff_fff0]]],
    ["p_vaddr + p_memsz > 2^32", "ELF_SEGMENT_SIZE", [[PROGRAM_HEADERS + 8, 4, 0xffff_fff0]]],
    ["sh_offset that wraps", "ELF_TRUNCATED", [[sectionField(1, 4), 4, 0xffff_fff8]]],
    ["sh_size beyond the file", "ELF_TRUNCATED", [[sectionField(1, 5), 4, FILE_SIZE]]],
    ["a resource table beyond the file", "ELF_TRUNCATED", [[sectionField(2, 4), 4, FILE_SIZE]]],
  ])("T34 %s", (_, code, changes) => {
    expect(refusal(changed(...changes))?.code).toBe(code);
  });

  test("T34 every field of every header with every edge value", () => {
    const edges = [0, 1, 0x7fff, 0x8000, 0xffff, FILE_SIZE - 1, FILE_SIZE, FILE_SIZE + 1];
    const wide = [...edges, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
    for (let offset = 0; offset < CODE; offset += 2) {
      for (const value of edges) expect(isHandled(changed([offset, 2, value]))).toBe(true);
    }
    for (let offset = PROGRAM_HEADERS; offset < CODE; offset += 4) {
      for (const value of wide) expect(isHandled(changed([offset, 4, value]))).toBe(true);
    }
    for (let offset = SECTION_HEADERS; offset < FILE_SIZE; offset += 4) {
      for (const value of wide) expect(isHandled(changed([offset, 4, value]))).toBe(true);
    }
  });

  test("T34 any bytes changed anywhere, and any cut", () => {
    const change = fc.record({ offset: fc.nat(FILE_SIZE - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 12 }),
        fc.nat(FILE_SIZE),
        fc.boolean(),
        (changes, size, cut) => {
          const bytes = changed(...changes.map(({ offset, value }): Change => [offset, 1, value]));
          expect(isHandled(cut ? bytes.slice(0, size) : bytes)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("T34 any bytes at all behind the magic", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => {
        expect(isHandled(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, ...tail))).toBe(true);
      }),
    );
  });
});

describe("T35 section names", () => {
  test.each<readonly [string, readonly Change[]]>([
    ["sh_name at the end of the names", [[sectionField(1, 0), 4, NAMES_TEXT.length]]],
    ["sh_name far outside", [[sectionField(1, 0), 4, 0xffff_ffff]]],
    ["names that do not end", [[NAMES + NAMES_TEXT.length - 1, 1, 0x62]]],
    ["no bytes of names", [[sectionField(4, 5), 4, 0]]],
    ["e_shstrndx equal to e_shnum", [[50, 2, 5]]],
    ["e_shstrndx of the reserved range", [[50, 2, 0xffff]]],
    ["e_shstrndx of a section that holds no names", [[50, 2, 1]]],
    ["names for a file that has none", [[50, 2, 0]]],
    ["two resource tables", [[sectionField(1, 0), 4, 7]]],
    ["a resource table without bytes", [[sectionField(2, 1), 4, 8]]],
    ["a resource table of type SHT_NULL", [[sectionField(2, 1), 4, 0]]],
  ])("T35 %s", (_, changes) => {
    expect(refusal(changed(...changes))?.code).toBe("ELF_SECTION_HEADER");
  });

  test("T35 a name may be the tail of another one", () => {
    const image = parse(changed([sectionField(1, 0), 4, 9]));
    expect(image.sections[1]?.name).toBe("esource_table");
  });

  test("T35 bytes that are no text are kept, one character each", () => {
    const image = parse(changed([NAMES + 2, 4, 0x1b00_ff9b]));
    expect(image.sections[1]?.name).toBe(".\u009b\u00ff");
  });

  test("T35 a name longer than 1024 bytes, at once and in as many headers as fit", () => {
    const names = 1 << 20;
    const headers = 0xfeff;
    const bytes = new Uint8Array(FILE_SIZE + names + headers * 40);
    bytes.set(sample());
    const view = new DataView(bytes.buffer);
    bytes.fill(0x61, FILE_SIZE, FILE_SIZE + names - 1);
    view.setUint32(32, FILE_SIZE + names, true);
    view.setUint16(48, headers, true);
    view.setUint16(50, 1, true);
    const stringTable = FILE_SIZE + names + 40;
    view.setUint32(stringTable + 4, 3, true);
    view.setUint32(stringTable + 16, FILE_SIZE, true);
    view.setUint32(stringTable + 20, names, true);
    const setNames = (start: number) => {
      for (let index = 0; index < headers; index++) {
        view.setUint32(FILE_SIZE + names + 40 * index, start, true);
      }
    };
    setNames(names - 1 - 1024);
    const started = performance.now();
    expect(parse(bytes).sections[headers - 1]?.name).toBe("a".repeat(1024));
    // Half a second here. Without the limit each name could be the whole megabyte.
    expect(performance.now() - started).toBeLessThan(20_000);
    setNames(names - 1 - 1025);
    expect(refusal(bytes)?.code).toBe("ELF_SECTION_HEADER");
  });
});

describe("T40 bytes that change", () => {
  test("T40 the image keeps what was read when shared memory changes later", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(FILE_SIZE));
    shared.set(sample());
    const image = parse(shared);
    shared.fill(0xff);
    expect(image).toEqual(parse(sample()));
    expect(image.segments[0]?.bytes.buffer).not.toBe(shared.buffer);
  });

  test("T40 only the given bytes of a larger buffer are read", () => {
    const around = new Uint8Array(FILE_SIZE + 128).fill(0x2e);
    around.set(sample(), 64);
    expect(parse(around.subarray(64, 64 + FILE_SIZE))).toEqual(parse(sample()));
    expect(refusal(around.subarray(64, 64 + FILE_SIZE - 1))?.code).toBe("ELF_TRUNCATED");
  });
});
